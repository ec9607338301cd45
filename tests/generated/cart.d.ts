/** The cart service's API. Written by scripts/openapi.ts from the route table; not to be edited. */
export interface paths {
  '/cart/': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The cart with the catalog’s names and prices */
    get: operations['get_cart']
    put?: never
    post?: never
    /** Takes everything out */
    delete: operations['clear_cart']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/cart/items': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Puts pieces of a product into the cart, on top of those it holds
     * @description One line per product: adding it again adds to its quantity.
     */
    post: operations['add_to_cart']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/cart/items/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /** Sets the quantity of a line, named by its own id or its product’s */
    put: operations['update_cart_item']
    post?: never
    /** Takes a line out, named by its own id or its product’s */
    delete: operations['remove_from_cart']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/cart/checkout': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Orders what the cart holds; a repeated request makes no second order
     * @description The order has the prices of this moment; with `expected_total` it is placed at that total or not at all, with `If-Match` as the cart was when it had that revision or not at all. What was added while it was placed stays in the cart. Without an `Idempotency-Key`, clicks that come while a checkout runs get its order.
     */
    post: operations['checkout']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/carts/': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * The carts of all users, those that have expired left out
     * @description For admins alone.
     */
    get: operations['list_carts']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/products/{id}/view': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Notes that the caller looks at a product */
    post: operations['view_product']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/products/recent-views': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The products that the caller looked at last, newest first */
    get: operations['get_recent_views']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/profiling/status': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Whether a profile is being taken
     * @description For admins alone.
     */
    get: operations['get_profiling_status']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/profiling/profiles': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Profiles taken, newest first, each with the load meanwhile
     * @description For admins alone.
     */
    get: operations['list_profiles']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/profiling/profiles/{file}/stats': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * The functions that took the time of a profile’s operation
     * @description For admins alone.
     */
    get: operations['get_profile_stats']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/profiling/start': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Takes a profile while the service goes on serving
     * @description The answer comes at once; the profile is there when `status` is `idle` again. One at a time in a process; of each operation the newest are kept.
     *
     *     For admins alone.
     */
    post: operations['start_profiling']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The name of the service */
    get: operations['get_root']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/health': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The process runs, in the words of the earlier system */
    get: operations['get_health']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/health/live': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The process runs */
    get: operations['get_liveness']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/health/ready': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Requests may be sent here */
    get: operations['get_readiness']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/health/startup': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The start is complete */
    get: operations['get_startup']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/openapi.json': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** This API as an OpenAPI 3.1 document */
    get: operations['get_openapi']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export type webhooks = Record<string, never>
export interface components {
  schemas: {
    /** CartItem */
    CartItem: {
      /**
       * Format: uuid
       * @example 019c0d40-9d1a-7f43-a6b8-2c5e7d0f1b94
       */
      id: string
      /**
       * Format: uuid
       * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
       */
      product_id: string
      /** @example Яблоки Гала «Южный сад», 500 г */
      name: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      price: number
      /**
       * Format: int64
       * @example 2
       */
      quantity: number
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total_price: number
      /**
       * @description False once the product is deleted
       * @example true
       */
      available: boolean
    }
    /** Cart */
    Cart: {
      items: components['schemas']['CartItem'][]
      /**
       * Format: double
       * @description Of the items that can be bought
       * @example 131.8
       */
      total: number
      /**
       * Format: uuid
       * @description New with every change, and perhaps after a checkout that failed; absent where there has been no cart yet
       * @example 019c0d40-b3c8-7d25-9a61-7e4f0c8b2d53
       */
      revision?: string
    }
    /**
     * Problem
     * @description An error (RFC 9457).
     * @example {
     *       "type": "/docs/errors#product_not_found",
     *       "title": "Product not found",
     *       "status": 404,
     *       "detail": "Product not found",
     *       "instance": "/products/a9f28744-f0d4-506f-b94b-2e77e6b40d9f",
     *       "code": "product_not_found",
     *       "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"
     *     }
     */
    Problem: {
      /**
       * Format: uri-reference
       * @description Where the code is explained
       */
      type: string
      /** @description The same for each occurrence */
      title: string
      /**
       * Format: int64
       * @description As the status of the answer
       */
      status: number
      /** @description A sentence for people about this occurrence */
      detail: string
      /** @description The path that was asked for */
      instance: string
      /** @description For programs to decide by; it never changes */
      code: string
      /** @description Finds the request in traces and logs */
      trace_id: string
      /** @description With `validation_failed`: each mistake */
      errors?: {
        /** @description JSON pointer into what was sent */
        path: string
        message: string
      }[]
      /** @description With `out_of_stock` the products that are short, with `price_changed` those whose price is another one */
      lines?: {
        /** Format: uuid */
        product_id: string
        /**
         * Format: int64
         * @description With `out_of_stock`
         */
        requested?: number
        /**
         * Format: int64
         * @description With `out_of_stock`
         */
        available?: number
        /**
         * Format: double
         * @description With `price_changed`: what the buyer saw; null where it is not known
         */
        old?: number | null
        /**
         * Format: double
         * @description With `price_changed`: what it costs now
         */
        new?: number
      }[]
      /**
       * Format: double
       * @description With `price_changed`
       */
      expected_total?: number
      /**
       * Format: double
       * @description With `price_changed`: what it would cost
       */
      total?: number
    }
    /** NewCartItem */
    NewCartItem: {
      /**
       * Format: uuid
       * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
       */
      product_id: string
      /**
       * Format: int32
       * @example 2
       */
      quantity: number
    }
    /** CartItemChange */
    CartItemChange: {
      /**
       * Format: int32
       * @example 2
       */
      quantity: number
    }
    /** Message */
    Message: {
      /**
       * @description For people
       * @example Cart cleared
       */
      message: string
    }
    /**
     * Checkout
     * @example {}
     */
    Checkout: {
      /**
       * Format: double
       * @description The total that the buyer saw, with at most two decimals. The order is placed at exactly this total; at any other it is refused with `price_changed`
       * @example 131.8
       */
      expected_total?: number
    }
    /** OrderLine */
    OrderLine: {
      /**
       * Format: uuid
       * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
       */
      product_id: string
      /** @example Яблоки Гала «Южный сад», 500 г */
      name: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      price: number
      /**
       * Format: int64
       * @example 2
       */
      quantity: number
    }
    /** Order */
    Order: {
      /**
       * Format: uuid
       * @example 019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21
       */
      id: string
      /**
       * Format: uuid
       * @example 019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10
       */
      user_id: string
      items: components['schemas']['OrderLine'][]
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total: number
      /** @example CREATED */
      status: string
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      created_at: string
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      updated_at: string
    }
    /** UserCart */
    UserCart: {
      /**
       * Format: uuid
       * @example 019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10
       */
      user_id: string
      items: components['schemas']['CartItem'][]
      /**
       * Format: double
       * @description Of the items that can be bought
       * @example 131.8
       */
      total: number
      /**
       * Format: uuid
       * @description New with every change
       * @example 019c0d40-b3c8-7d25-9a61-7e4f0c8b2d53
       */
      revision: string
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      updated_at: string
    }
    /** RecentView */
    RecentView: {
      /**
       * Format: uuid
       * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
       */
      product_id: string
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      viewed_at: string
    }
    /** RunningProfile */
    RunningProfile: {
      /** @example 20261125T204931123Z-create_order.cpuprofile */
      file: string
      /**
       * @description What the profile is cut to; the whole process unless given
       * @example create_order
       */
      operation: string
      /**
       * Format: int64
       * @example 10
       */
      seconds: number
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      started_at: string
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      ends_at: string
    }
    /** ProfilingStatus */
    ProfilingStatus: {
      /**
       * @example idle
       * @enum {string}
       */
      status: 'idle' | 'running'
      /** @example null */
      profile: components['schemas']['RunningProfile'] | null
    }
    /** Load */
    Load: {
      /**
       * Format: int64
       * @description Of the operation
       * @example 12400
       */
      requests: number
      /**
       * Format: double
       * @description Of the operation
       * @example 1240
       */
      requests_per_second: number
      /**
       * Format: double
       * @description Milliseconds; null when it was not called
       * @example 0.6
       */
      p50_ms: number | null
      /**
       * Format: double
       * @description Milliseconds; null when it was not called
       * @example 3.2
       */
      p99_ms: number | null
      /**
       * Format: double
       * @description Of the whole process
       * @example 1260
       */
      overall_requests_per_second: number
      /**
       * Format: double
       * @description Of one core, all threads together: 1.3 is a core and a third
       * @example 0.97
       */
      cpu_share: number
    }
    /** CpuProfile */
    CpuProfile: {
      /** @example 20261125T204931123Z-create_order.cpuprofile */
      file: string
      /** @example create_order */
      operation: string
      /**
       * Format: date-time
       * @example 2026-11-25T20:49:31.123Z
       */
      started_at: string
      /**
       * Format: double
       * @example 10
       */
      seconds: number
      /**
       * Format: int64
       * @description Moments in which JavaScript was on the stack, about one a millisecond
       * @example 6210
       */
      samples: number
      /**
       * Format: int64
       * @description Those of the operation
       * @example 4180
       */
      operation_samples: number
      /**
       * Format: int64
       * @description Those of them that may belong to another operation as well
       * @example 12
       */
      shared_samples: number
      /** @description Null where the service measures nothing: METRICS=false */
      load: components['schemas']['Load'] | null
    }
    /** FunctionSamples */
    FunctionSamples: {
      /** @example reserve */
      function: string
      /**
       * @description File and line, or native
       * @example services/order/stock.ts:41
       */
      place: string
      /**
       * Format: int64
       * @example 310
       */
      samples: number
      /**
       * Format: double
       * @description Of the samples below, 0 to 1
       * @example 0.074
       */
      share: number
    }
    /** ProfileStats */
    ProfileStats: {
      profile: components['schemas']['CpuProfile']
      /** @description By the time in the function itself */
      by_self: components['schemas']['FunctionSamples'][]
      /** @description With what it called */
      by_total: components['schemas']['FunctionSamples'][]
    }
    /**
     * Status
     * @example {
     *       "status": "ok"
     *     }
     */
    Status: {
      /**
       * @example ok
       * @enum {string}
       */
      status: 'ok' | 'unavailable'
      /** @example starting */
      reason?: string
    }
  }
  responses: {
    /** @description Bad gateway (`bad_gateway`) */
    bad_gateway: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Gateway timeout (`gateway_timeout`) */
    gateway_timeout: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Internal server error (`internal_error`) */
    internal_error: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Not authenticated (`not_authenticated`) */
    not_authenticated: {
      headers: {
        'WWW-Authenticate': components['headers']['WWW-Authenticate']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
    'overloaded.service_unavailable': {
      headers: {
        'Retry-After': components['headers']['Retry-After']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Too many requests (`rate_limited`) */
    rate_limited: {
      headers: {
        'Retry-After': components['headers']['Retry-After']
        RateLimit: components['headers']['RateLimit']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description URI too long (`uri_too_long`) */
    uri_too_long: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Body took too long (`body_timeout`) */
    body_timeout: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Cart is being changed (`cart_busy`); Cart is full (`cart_full`); Not enough items in stock (`out_of_stock`); Quantity limit reached (`quantity_limit`) */
    'cart_busy.cart_full.out_of_stock.quantity_limit': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Payload too large (`payload_too_large`) */
    payload_too_large: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Precondition is not supported (`precondition_unsupported`) */
    precondition_unsupported: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Product not found (`product_not_found`) */
    product_not_found: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Unsupported media type (`unsupported_media_type`) */
    unsupported_media_type: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Validation failed (`validation_failed`) */
    validation_failed: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Bad request (`bad_request`); Precondition is not supported (`precondition_unsupported`) */
    'bad_request.precondition_unsupported': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Cart is being changed (`cart_busy`); Not enough items in stock (`out_of_stock`) */
    'cart_busy.out_of_stock': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Item not found in cart (`cart_item_not_found`) */
    cart_item_not_found: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Cart is being changed (`cart_busy`) */
    cart_busy: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Cart has changed (`cart_changed`) */
    cart_changed: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Cart is empty (`cart_empty`); Precondition is not supported (`precondition_unsupported`) */
    'cart_empty.precondition_unsupported': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Idempotency key reused (`idempotency_key_reused`); Validation failed (`validation_failed`) */
    'idempotency_key_reused.validation_failed': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Order is too large (`order_too_large`); Not enough items in stock (`out_of_stock`); Price has changed (`price_changed`); Request in progress (`request_in_progress`) */
    'order_too_large.out_of_stock.price_changed.request_in_progress': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Outcome not known yet (`outcome_unknown`); Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
    'outcome_unknown.overloaded.service_unavailable': {
      headers: {
        'Retry-After': components['headers']['Retry-After']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Bad request (`bad_request`) */
    bad_request: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Forbidden (`forbidden`) */
    forbidden: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Not found (`not_found`) */
    not_found: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description A profile is being taken (`profile_running`) */
    profile_running: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
  }
  parameters: never
  requestBodies: never
  headers: {
    /** @description How to sign in (RFC 6750). */
    'WWW-Authenticate': string
    /** @description Seconds after which a retry makes sense. */
    'Retry-After': number
    /** @description What is left of the quota and seconds until it is full again. */
    RateLimit: string
    /** @description Names this state, for `If-None-Match` and, where it is honoured, `If-Match`. */
    ETag: string
    /** @description Says that this is the first answer to the idempotency key, sent again. */
    'Idempotency-Replayed': 'true'
    /** @description Where the next page is (RFC 8288); absent on the last one. */
    Link: string
  }
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  get_cart: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Cart']
        }
      }
      401: components['responses']['not_authenticated']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  clear_cart: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Message']
        }
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      409: components['responses']['cart_busy']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  add_to_cart: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewCartItem']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CartItem']
        }
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      404: components['responses']['product_not_found']
      408: components['responses']['body_timeout']
      409: components['responses']['cart_busy.cart_full.out_of_stock.quantity_limit']
      413: components['responses']['payload_too_large']
      414: components['responses']['uri_too_long']
      415: components['responses']['unsupported_media_type']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  update_cart_item: {
    parameters: {
      query?: never
      header?: never
      path: {
        /**
         * @description Id of the line, or of its product
         * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
         */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['CartItemChange']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CartItem']
        }
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      404: components['responses']['cart_item_not_found']
      408: components['responses']['body_timeout']
      409: components['responses']['cart_busy.out_of_stock']
      413: components['responses']['payload_too_large']
      414: components['responses']['uri_too_long']
      415: components['responses']['unsupported_media_type']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  remove_from_cart: {
    parameters: {
      query?: never
      header?: never
      path: {
        /**
         * @description Id of the line, or of its product
         * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
         */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Message']
        }
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      404: components['responses']['cart_item_not_found']
      409: components['responses']['cart_busy']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  checkout: {
    parameters: {
      query?: never
      header?: {
        /** @description Makes the request safe to repeat: within 24 hours the same key answers the first order again, byte for byte, and makes no second one. With another body it is 422. */
        'Idempotency-Key'?: string
        /** @description An ETag of the product (sales count where `stock_count` is sent), or the revision of the cart in quotes: 412 when it has been changed since. */
        'If-Match'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody?: {
      content: {
        'application/json': components['schemas']['Checkout']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          ETag: components['headers']['ETag']
          'Idempotency-Replayed': components['headers']['Idempotency-Replayed']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Order']
        }
      }
      400: components['responses']['cart_empty.precondition_unsupported']
      401: components['responses']['not_authenticated']
      408: components['responses']['body_timeout']
      409: components['responses']['order_too_large.out_of_stock.price_changed.request_in_progress']
      412: components['responses']['cart_changed']
      413: components['responses']['payload_too_large']
      414: components['responses']['uri_too_long']
      415: components['responses']['unsupported_media_type']
      422: components['responses']['idempotency_key_reused.validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['outcome_unknown.overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  list_carts: {
    parameters: {
      query?: {
        limit?: number
        /** @description From the Link header of the page before */
        cursor?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          Link: components['headers']['Link']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['UserCart'][]
        }
      }
      400: components['responses']['bad_request']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  view_product: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f */
        id: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Message']
        }
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      404: components['responses']['product_not_found']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_recent_views: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RecentView'][]
        }
      }
      401: components['responses']['not_authenticated']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_profiling_status: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ProfilingStatus']
        }
      }
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  list_profiles: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['CpuProfile'][]
        }
      }
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_profile_stats: {
    parameters: {
      query?: {
        limit?: number
      }
      header?: never
      path: {
        /** @example 20261125T204931123Z-create_order.cpuprofile */
        file: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ProfileStats']
        }
      }
      400: components['responses']['bad_request']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      404: components['responses']['not_found']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  start_profiling: {
    parameters: {
      query?: {
        seconds?: number
        /** @description What the profile is cut to; the whole process unless given */
        operation?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      202: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['RunningProfile']
        }
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      409: components['responses']['profile_running']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_root: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @example Product Store: catalog service */
            message: string
          }
        }
      }
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      /** @description Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After']
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @example Product Store: catalog service */
            message: string
          }
          'application/problem+json': components['schemas']['Problem']
        }
      }
      504: components['responses']['gateway_timeout']
    }
  }
  get_health: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @example ok */
            status: string
            /** @example catalog-service */
            service: string
          }
        }
      }
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      /** @description Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After']
          [name: string]: unknown
        }
        content: {
          'application/json': {
            /** @example ok */
            status: string
            /** @example catalog-service */
            service: string
          }
          'application/problem+json': components['schemas']['Problem']
        }
      }
      504: components['responses']['gateway_timeout']
    }
  }
  get_liveness: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Status']
        }
      }
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      /** @description Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Status']
          'application/problem+json': components['schemas']['Problem']
        }
      }
      504: components['responses']['gateway_timeout']
    }
  }
  get_readiness: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Status']
        }
      }
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      /** @description Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Status']
          'application/problem+json': components['schemas']['Problem']
        }
      }
      504: components['responses']['gateway_timeout']
    }
  }
  get_startup: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Status']
        }
      }
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      /** @description Overloaded (`overloaded`); Service unavailable (`service_unavailable`) */
      503: {
        headers: {
          'Retry-After': components['headers']['Retry-After']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Status']
          'application/problem+json': components['schemas']['Problem']
        }
      }
      504: components['responses']['gateway_timeout']
    }
  }
  get_openapi: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': unknown
        }
      }
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
}
