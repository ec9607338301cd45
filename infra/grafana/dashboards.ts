/** The seven dashboards, in the order of Grafana's menu. */
import type { FileText } from '../generated.ts'
import { boardFile, type Board } from './board.ts'
import { cartBoard } from './cart.ts'
import { cassandraBoard } from './cassandra.ts'
import { catalogBoard } from './catalog.ts'
import { jaegerBoard } from './jaeger.ts'
import { nginxBoard } from './nginx.ts'
import { orderBoard } from './order.ts'
import { userBoard } from './user.ts'

const boards: readonly Board[] = [
  catalogBoard,
  cartBoard,
  orderBoard,
  userBoard,
  nginxBoard,
  cassandraBoard,
  jaegerBoard,
]

/** Paths from Grafana's folder of dashboards. */
export const dashboardFiles: readonly FileText[] = boards.map(boardFile)
