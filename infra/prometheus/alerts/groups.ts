/** All alerts of the system. */
import type { Times } from '../times.ts'
import type { AlertGroup } from './alert.ts'
import { availabilityAlerts } from './availability.ts'
import { cassandraAlerts } from './cassandra.ts'
import { dataAlerts } from './data.ts'
import { budgetAlerts, requestAlerts } from './requests.ts'
import { resourceAlerts } from './resources.ts'

export const alertGroups = (time: Times): readonly AlertGroup[] => [
  availabilityAlerts(time),
  requestAlerts(time),
  budgetAlerts(time),
  dataAlerts,
  resourceAlerts(time),
  cassandraAlerts(time),
]
