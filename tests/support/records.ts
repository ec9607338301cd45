/** What tests ask of the stores of a shop, behind the services' back and in words of no store. */

export interface StockRow {
  readonly stocked: number
  readonly available: number
  readonly reserved: number
  readonly sold: number
}

export interface ReservationRow {
  readonly order_id: string
  readonly product_id: string
  readonly quantity: number
  readonly state: string
}

export interface OrderRecord {
  readonly id: string
  readonly user_id: string
  readonly status: string
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[]
}

export interface NotificationRow {
  readonly order_id: string
  readonly user_id: string
  readonly status: string
  readonly sequence: number
}

export interface Records {
  /** The stock of one product; null where there is none. */
  stock(product: string): Promise<StockRow | null>
  /** The stock of all products. */
  stocks(): Promise<readonly (StockRow & { readonly product_id: string })[]>
  /** In every state; where a store keeps fences apart from lines, without them. */
  reservations(): Promise<readonly ReservationRow[]>
  /** Both of one moment, product by product. */
  books(): Promise<{
    readonly stocks: readonly (StockRow & { readonly product_id: string })[]
    readonly reservations: readonly ReservationRow[]
  }>
  /** All rows of orders, the inner states PENDING and REJECTED included. */
  orders(): Promise<readonly OrderRecord[]>
  /** Consequences that are not delivered yet. */
  undelivered(): Promise<number>
  /** Open checkouts of all carts. */
  openCheckouts(): Promise<number>
  /** What a user spent, in minor units. */
  spending(user: string): Promise<number>
  /** In the order of their sequence. */
  notifications(): Promise<readonly NotificationRow[]>
  /** Accounts under this very name. */
  usersNamed(username: string): Promise<number>
  /** What is kept of a user's cart and views is gone, or has its end set in the store. */
  cartGoes(user: string): Promise<boolean>
  /** A day goes by for the answers that are kept of a user: the one thing here that changes a store. */
  outliveAnswers(user: string): Promise<void>
  /** Rows and a digest of their content, by table: equal when nothing was written. */
  contents(): Promise<Readonly<Record<string, string>>>
}
