/** The order service's API. Written by scripts/openapi.ts from the route table; not to be edited. */
export interface paths {
  '/orders/': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Orders of the caller, newest first; of everybody for an admin with all=true
     * @description Orders that were delivered or cancelled leave the lists after a while; `GET /orders/{id}` still answers.
     */
    get: operations['list_orders']
    put?: never
    /**
     * Orders products directly; names and prices are the catalog’s
     * @description All lines or none: when one is short, nothing is reserved and the answer names what is short. `name` and `total` of older clients are accepted and ignored. With `expected_total` the order is placed at that total or not at all.
     */
    post: operations['create_order']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/orders/statuses/list': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The statuses of an order and their names */
    get: operations['list_statuses']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/orders/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** One order, also after it has left the lists */
    get: operations['get_order']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/orders/{id}/status': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Moves an order along its state machine
     * @description An order goes CREATED, PROCESSING, SHIPPING, DELIVERED, by itself or by this; any other move is 409.
     *
     *     For admins alone.
     */
    put: operations['set_order_status']
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/orders/{id}/cancel': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    /**
     * Cancels an order; its stock comes back
     * @description Its owner may until it is SHIPPING, an admin until it is DELIVERED.
     */
    put: operations['cancel_order']
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
    /**
     * OrderLine
     * @description Name and price are those of the moment of the order
     */
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
    /**
     * OrderStatus
     * @example CREATED
     * @enum {string}
     */
    OrderStatus: 'CREATED' | 'PROCESSING' | 'SHIPPING' | 'DELIVERED' | 'CANCELLED'
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
      status: components['schemas']['OrderStatus']
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
    /**
     * WantedLine
     * @example {
     *       "product_id": "a9f28744-f0d4-506f-b94b-2e77e6b40d9f",
     *       "quantity": 2
     *     }
     */
    WantedLine: {
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
      /**
       * @deprecated
       * @description Accepted and ignored
       */
      name?: unknown
      /**
       * @description The price that the buyer saw: told back as `old` when it has changed
       * @example 65.9
       */
      price?: unknown
    }
    /**
     * NewOrder
     * @example {
     *       "items": [
     *         {
     *           "product_id": "a9f28744-f0d4-506f-b94b-2e77e6b40d9f",
     *           "quantity": 2
     *         }
     *       ]
     *     }
     */
    NewOrder: {
      /** @description Equal products are merged */
      items: components['schemas']['WantedLine'][]
      /**
       * Format: double
       * @description The total that the buyer saw, with at most two decimals. The order is placed at exactly this total; at any other it is refused with `price_changed`
       * @example 131.8
       */
      expected_total?: number
      /**
       * @deprecated
       * @description Accepted and ignored
       */
      total?: unknown
      /**
       * @deprecated
       * @description Accepted and ignored
       */
      user_id?: unknown
    }
    /**
     * OrderStatusNames
     * @example {
     *       "CREATED": "Создан",
     *       "PROCESSING": "Обрабатывается",
     *       "SHIPPING": "Доставляется",
     *       "DELIVERED": "Доставлен",
     *       "CANCELLED": "Отменен"
     *     }
     */
    OrderStatusNames: {
      CREATED: string
      PROCESSING: string
      SHIPPING: string
      DELIVERED: string
      CANCELLED: string
    }
    /** Message */
    Message: {
      /**
       * @description For people
       * @example Cart cleared
       */
      message: string
    }
    /** CancelledOrder */
    CancelledOrder: {
      /** @example Order cancelled */
      message: string
      order: components['schemas']['Order']
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
    /** @description Validation failed (`validation_failed`) */
    validation_failed: {
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
    /** @description Unsupported media type (`unsupported_media_type`) */
    unsupported_media_type: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Order not found (`order_not_found`) */
    order_not_found: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Bad request (`bad_request`); Unknown order status (`order_status_unknown`); Precondition is not supported (`precondition_unsupported`) */
    'bad_request.order_status_unknown.precondition_unsupported': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Order cannot move there (`order_move_refused`) */
    order_move_refused: {
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
    /** @description Where the next page is (RFC 8288); absent on the last one. */
    Link: string
    /** @description How to sign in (RFC 6750). */
    'WWW-Authenticate': string
    /** @description Seconds after which a retry makes sense. */
    'Retry-After': number
    /** @description What is left of the quota and seconds until it is full again. */
    RateLimit: string
    /** @description Says that this is the first answer to the idempotency key, sent again. */
    'Idempotency-Replayed': 'true'
  }
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  list_orders: {
    parameters: {
      query?: {
        /** @description Of everybody; for admins */
        all?: boolean
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
          'application/json': components['schemas']['Order'][]
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
  create_order: {
    parameters: {
      query?: never
      header?: {
        /** @description Makes the request safe to repeat: within 24 hours the same key answers the first order again, byte for byte, and makes no second one. With another body it is 422. */
        'Idempotency-Key'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewOrder']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          'Idempotency-Replayed': components['headers']['Idempotency-Replayed']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Order']
        }
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      408: components['responses']['body_timeout']
      409: components['responses']['order_too_large.out_of_stock.price_changed.request_in_progress']
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
  list_statuses: {
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
          'application/json': components['schemas']['OrderStatusNames']
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
  get_order: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @example 019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21 */
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
          'application/json': components['schemas']['Order']
        }
      }
      400: components['responses']['bad_request']
      401: components['responses']['not_authenticated']
      404: components['responses']['order_not_found']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  set_order_status: {
    parameters: {
      query: {
        /**
         * @description A name from /orders/statuses/list
         * @example SHIPPING
         */
        status: string
      }
      header?: never
      path: {
        /** @example 019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21 */
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
      400: components['responses']['bad_request.order_status_unknown.precondition_unsupported']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      404: components['responses']['order_not_found']
      409: components['responses']['order_move_refused']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  cancel_order: {
    parameters: {
      query?: never
      header?: never
      path: {
        /** @example 019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21 */
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
          'application/json': components['schemas']['CancelledOrder']
        }
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      404: components['responses']['order_not_found']
      409: components['responses']['order_move_refused']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
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
