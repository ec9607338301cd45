/** What an order is and which moves it may make: pure rules, no HTTP, no SQL. */
import type { CheckoutId, OrderId, ProductId, UserId } from '../../core/values/ids.ts'
import { lineTotal, minor, sum, type Minor } from '../../core/values/money.ts'
import { millis, type Millis } from '../../core/values/time.ts'

/**
 * ```
 *              reserve ok          5 s              5 s            60..300 s
 *   PENDING ──────────────► CREATED ────► PROCESSING ────► SHIPPING ────────► DELIVERED
 *      │ stock short           │              │               │
 *      ▼                       └── owner ─────┴──── admin ────┘
 *   REJECTED                            ▼
 *                                   CANCELLED
 * ```
 * PENDING and REJECTED are inner states: in no list, no total and no metric of orders.
 */
export const visibleStatuses = [
  'CREATED',
  'PROCESSING',
  'SHIPPING',
  'DELIVERED',
  'CANCELLED',
] as const

export type VisibleStatus = (typeof visibleStatuses)[number]
export type OrderStatus = 'PENDING' | 'REJECTED' | VisibleStatus

/** Russian names of the statuses, as the shop's first users read them. */
export const statusNames = {
  CREATED: 'Создан',
  PROCESSING: 'Обрабатывается',
  SHIPPING: 'Доставляется',
  DELIVERED: 'Доставлен',
  CANCELLED: 'Отменен',
} as const satisfies Record<VisibleStatus, string>

/** What was asked for. */
export interface WantedLine {
  readonly productId: ProductId
  readonly quantity: number
  /** The price that the buyer was shown; only repeated to him when it has changed. */
  readonly seenPrice?: Minor
}

/** What was reserved: name and price are the catalog's at that moment and never change again. */
export interface OrderLine extends Omit<WantedLine, 'seenPrice'> {
  readonly name: string
  readonly price: Minor
}

/** A line that the stock could not serve. */
export interface Shortage {
  readonly productId: ProductId
  readonly requested: number
  readonly available: number
}

/** A line whose reserved price is not the one that the buyer was shown. */
export interface PriceChange {
  readonly productId: ProductId
  /** Null where it is not known what he was shown. */
  readonly old: Minor | null
  readonly new: Minor
}

/** An order that clients can see. */
export interface Order {
  readonly id: OrderId
  /** The id by which the catalog knows its reservation: the order's own, or a later attempt's. */
  readonly reservation: OrderId
  readonly userId: UserId
  readonly status: VisibleStatus
  /** Grows with each change of state: 1 for CREATED, or more where the order was begun again. */
  readonly sequence: number
  readonly lines: readonly OrderLine[]
  readonly total: Minor
  readonly createdAt: Millis
  readonly updatedAt: Millis
  /** When the order moves by itself; null once it is at rest. */
  readonly nextAt: Millis | null
  /** How long the delivery takes, drawn once when the order is created. */
  readonly deliveryTime: Millis
  /** W3C trace context of the request that placed the order. */
  readonly traceparent: string
}

/** Where the order came from: the cart's open checkout, or a direct request. */
export type Origin =
  { readonly kind: 'direct' } | { readonly kind: 'cart'; readonly checkoutId: CheckoutId }

export type Actor = 'owner' | 'admin' | 'timer'

const next: Readonly<Record<VisibleStatus, VisibleStatus | null>> = {
  CREATED: 'PROCESSING',
  PROCESSING: 'SHIPPING',
  SHIPPING: 'DELIVERED',
  DELIVERED: null,
  CANCELLED: null,
}

/** The status that an order reaches by itself; null when it is at rest. */
export const nextStatus = (status: VisibleStatus): VisibleStatus | null => next[status]

/** Whether the state machine has this move for this actor. */
export function mayMove(from: VisibleStatus, to: VisibleStatus, actor: Actor): boolean {
  if (to !== 'CANCELLED') return actor !== 'owner' && next[from] === to
  if (actor === 'timer') return false
  return from === 'CREATED' || from === 'PROCESSING' || (from === 'SHIPPING' && actor === 'admin')
}

export const isVisibleStatus = (text: string): text is VisibleStatus =>
  (visibleStatuses as readonly string[]).includes(text)

export const isFinal = (status: VisibleStatus): boolean => next[status] === null

/** How long an order stays in each state, in milliseconds. */
export interface Timing {
  readonly processingAfter: Millis
  readonly shippingAfter: Millis
  readonly deliveryMin: Millis
  readonly deliveryMax: Millis
}

/** Draws a delivery time evenly from its range; `random` gives [0, 1). */
export const drawDeliveryTime = (timing: Timing, random: () => number): Millis =>
  millis(timing.deliveryMin + Math.floor(random() * (timing.deliveryMax - timing.deliveryMin + 1)))

/** When an order that entered `status` at `since` moves on by itself; null when it is at rest. */
export function dueAt(
  status: VisibleStatus,
  since: Millis,
  deliveryTime: Millis,
  timing: Timing,
): Millis | null {
  if (status === 'CREATED') return millis(since + timing.processingAfter)
  if (status === 'PROCESSING') return millis(since + timing.shippingAfter)
  return status === 'SHIPPING' ? millis(since + deliveryTime) : null
}

/** Equal products become one line, of which the first mention gives the place and the seen price. */
export function mergeLines(lines: readonly WantedLine[]): readonly WantedLine[] {
  const merged = new Map<ProductId, WantedLine>()
  for (const line of lines) {
    const first = merged.get(line.productId)
    merged.set(
      line.productId,
      first === undefined ? line : { ...first, quantity: first.quantity + line.quantity },
    )
  }
  return [...merged.values()]
}

/** Products and quantities alone: all that the catalog needs to finish a reservation. */
export const quantitiesOf = (lines: readonly WantedLine[]): readonly WantedLine[] =>
  lines.map(({ productId, quantity }) => ({ productId, quantity }))

/** Lines that cost another price than the buyer was shown; those of which that is unknown are among them. */
export function priceChanges(
  wanted: readonly WantedLine[],
  reserved: readonly OrderLine[],
): readonly PriceChange[] {
  const seen = new Map(wanted.map((line) => [line.productId, line.seenPrice ?? null]))
  return reserved.flatMap(({ productId, price }) => {
    const old = seen.get(productId) ?? null
    return old === price ? [] : [{ productId, old, new: price }]
  })
}

/**
 * What an order may cost: ten of the dearest product there can be. 90,000 such orders of one user
 * still add up to an exact number.
 */
export const maxTotal = minor(99_999_999_999)

export const totalOf = (lines: readonly OrderLine[]): Minor =>
  lines.length === 0 ? minor(0) : sum(lines.map((line) => lineTotal(line.price, line.quantity)))
