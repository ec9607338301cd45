/** The user service's dashboard: accounts, log-ins and what their hashes cost, event streams. */
import { quantileOf } from '../prometheus/recording.ts'
import { lines, rate, stat, window } from './panels.ts'
import { copiesOf, serviceBoard } from './service-rows.ts'

const copies = copiesOf('user')
const perSecond = (metric: string): string => `sum(rate(${metric}{${copies}}[${window}]))`

export const userBoard = serviceBoard('user', 'User', 'Accounts, sessions and notifications.', {
  title: 'Business',
  panels: [
    stat('Registered', perSecond('users_registered_total'), { unit: 'ops' }),
    stat('Log-ins', perSecond('logins_total'), { unit: 'ops' }),
    stat('Hashes that wait', `sum(password_hash_queue_length{${copies}})`, { unit: 'short' }),
    stat('Open event streams', `sum(notification_streams_open{${copies}})`, { unit: 'short' }),
    stat('Notifications', perSecond('notifications_sent_total'), { unit: 'ops' }),
    lines(
      'Log-ins by result',
      { '{{result}}': rate('logins_total', copies, 'result') },
      { unit: 'ops' },
    ),
    lines(
      'Event streams refused',
      { 'too many of the {{bound}}': rate('notification_streams_refused_total', copies, 'bound') },
      { unit: 'ops' },
    ),
    lines(
      'p99 of a password hash',
      {
        '{{operation}}': quantileOf({
          q: 0.99,
          metric: 'password_hash_duration_seconds',
          labels: 'operation',
          selector: copies,
          window,
        }),
      },
      { unit: 's', limit: 0.5, description: 'The wait for a free core included.' },
    ),
  ],
})
