/** The one error table: every error that a client can meet, by its stable code (RFC 9457). */

export interface ErrorRow {
  readonly status: number
  readonly title: string
  /** Template of `detail`; `{name}` is filled from the values of the one occurrence. */
  readonly detail: string
}

const rows = {
  bad_request: { status: 400, title: 'Bad request', detail: '{reason}' },
  price_range_inverted: {
    status: 400,
    title: 'Price range is inverted',
    detail: 'min_price must not be greater than max_price',
  },
  cart_empty: { status: 400, title: 'Cart is empty', detail: 'Cart is empty' },
  order_status_unknown: {
    status: 400,
    title: 'Unknown order status',
    detail: 'Unknown order status',
  },
  precondition_unsupported: {
    status: 400,
    title: 'Precondition is not supported',
    detail: 'This call does not honour {header}; leave it out',
  },
  not_authenticated: {
    status: 401,
    title: 'Not authenticated',
    detail: 'Could not validate credentials',
  },
  login_failed: {
    status: 401,
    title: 'Login failed',
    detail: 'Incorrect username or password',
  },
  password_wrong: {
    status: 401,
    title: 'Current password is wrong',
    detail: 'The current password is not right',
  },
  refresh_token_invalid: {
    status: 401,
    title: 'Refresh token is not valid',
    detail: 'The refresh token is unknown, expired or already used',
  },
  forbidden: { status: 403, title: 'Forbidden', detail: 'Not enough permissions' },
  category_required: {
    status: 403,
    title: 'Category is required',
    detail: 'Only an admin may list products without a category',
  },
  not_found: { status: 404, title: 'Not found', detail: 'Not found' },
  product_not_found: { status: 404, title: 'Product not found', detail: 'Product not found' },
  cart_item_not_found: {
    status: 404,
    title: 'Item not found in cart',
    detail: 'Item not found in cart',
  },
  order_not_found: { status: 404, title: 'Order not found', detail: 'Order not found' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'The method {method} is not allowed here',
  },
  body_timeout: {
    status: 408,
    title: 'Body took too long',
    detail: 'The body did not arrive in time',
  },
  username_taken: {
    status: 409,
    title: 'Username already registered',
    detail: 'Username already registered',
  },
  out_of_stock: {
    status: 409,
    title: 'Not enough items in stock',
    detail: 'Not enough items in stock',
  },
  cart_full: {
    status: 409,
    title: 'Cart is full',
    detail: 'A cart holds at most {limit} lines',
  },
  quantity_limit: {
    status: 409,
    title: 'Quantity limit reached',
    detail: 'At most {limit} of one product fit into a cart',
  },
  price_changed: {
    status: 409,
    title: 'Price has changed',
    detail: 'The total is {total} and not the expected {expected}; nothing was ordered',
  },
  order_too_large: {
    status: 409,
    title: 'Order is too large',
    detail: 'The total of an order is at most {limit}; nothing was ordered',
  },
  cart_busy: {
    status: 409,
    title: 'Cart is being changed',
    detail: 'The cart was changed by too many requests at once; try again',
  },
  reservation_released: {
    status: 409,
    title: 'Reservation was released',
    detail: 'The reservation of this order was released and cannot be taken again',
  },
  reservation_committed: {
    status: 409,
    title: 'Reservation was committed',
    detail: 'The reservation of this order was committed and cannot be released',
  },
  reservation_missing: {
    status: 409,
    title: 'Reservation is missing',
    detail: 'This order has no reservation of one of the products',
  },
  reservation_differs: {
    status: 409,
    title: 'Reservation has other lines',
    detail: 'This order already has a reservation of other products or quantities',
  },
  catalog_full: {
    status: 409,
    title: 'Catalog is full',
    detail: 'The catalog holds {limit} products already, as many as it is configured for',
  },
  stock_out_of_range: {
    status: 409,
    title: 'Stock out of range',
    detail: 'The change would leave less than 0 or more than {limit} pieces to buy',
  },
  order_move_refused: {
    status: 409,
    title: 'Order cannot move there',
    detail: 'An order that is {from} cannot become {to}',
  },
  request_in_progress: {
    status: 409,
    title: 'Request in progress',
    detail: 'A request with this idempotency key is still running',
  },
  profile_running: {
    status: 409,
    title: 'A profile is being taken',
    detail: 'A process takes one profile at a time; try again when this one is over',
  },
  cart_changed: {
    status: 412,
    title: 'Cart has changed',
    detail: 'The cart has changed since it was read; nothing was ordered',
  },
  version_mismatch: {
    status: 412,
    title: 'Precondition failed',
    detail: 'The product has changed since it was read',
  },
  payload_too_large: {
    status: 413,
    title: 'Payload too large',
    detail: 'The body is larger than {limit} bytes',
  },
  uri_too_long: {
    status: 414,
    title: 'URI too long',
    detail: 'The path and query are longer than {limit} characters',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'The body must be {accepted}',
  },
  validation_failed: {
    status: 422,
    title: 'Validation failed',
    detail: 'The request does not have the expected shape: {reason}',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    detail: 'This idempotency key was used with another body',
  },
  password_unchanged: {
    status: 422,
    title: 'Password is unchanged',
    detail: 'The new password must differ from the current one',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    detail: 'Too many failed attempts; try again later',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many requests from this user or address; try again later',
  },
  too_many_streams: {
    status: 429,
    title: 'Too many event streams',
    detail: '{who} may have {limit} event streams open at once',
  },
  internal_error: {
    status: 500,
    title: 'Internal server error',
    detail: 'The server failed to handle the request',
  },
  bad_gateway: {
    status: 502,
    title: 'Bad gateway',
    detail: 'The {service} service broke off its answer',
  },
  service_unavailable: {
    status: 503,
    title: 'Service unavailable',
    detail: 'The {service} service is not available right now',
  },
  outcome_unknown: {
    status: 503,
    title: 'Outcome not known yet',
    detail:
      'It may have been done; repeat the request, with the same idempotency key if it had one',
  },
  store_unavailable: {
    status: 503,
    title: 'Store unavailable',
    detail: 'The data store is not available right now',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    detail: 'The service has too many requests in flight',
  },
  gateway_timeout: {
    status: 504,
    title: 'Gateway timeout',
    detail: 'The {service} service did not answer in time',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof rows

export const errors: Readonly<Record<ErrorCode, ErrorRow>> = rows
