/** The user service's API. Written by scripts/openapi.ts from the route table; not to be edited. */
export interface paths {
  '/users/register': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Registers a user; the role is always "user" */
    post: operations['register_user']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/token': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Signs in by password, or goes on with a refresh token
     * @description With `grant_type=refresh_token` a refresh token takes the place of name and password. It works once: for 10 s it gets the same successor again, as for two tabs or a lost answer; using it later ends its whole session.
     */
    post: operations['create_token']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/logout': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Ends the session of the token */
    post: operations['logout']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/logout-all': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Ends all sessions of the user */
    post: operations['logout_all']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me/password': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /** Changes the password and ends all other sessions of the user */
    post: operations['change_password']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/.well-known/jwks.json': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Public keys of access tokens (RFC 7517) */
    get: operations['get_jwks']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The signed-in user */
    get: operations['get_me']
    /** Changes name or phone; an empty phone removes it */
    put: operations['update_me']
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me/profile': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * The user with cart total and orders; what cannot be had is named in "degraded"
     * @description A service that does not answer in time leaves its part empty and its name in `degraded`.
     */
    get: operations['get_user_profile']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me/orders': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The user’s orders, newest first */
    get: operations['list_my_orders']
    put?: never
    /**
     * Orders what is in the cart
     * @description The same as the cart’s own checkout: with `expected_total` at that total or not at all, with `If-Match` as the cart was when it had that revision or not at all.
     */
    post: operations['checkout_my_cart']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me/cart': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** The user’s cart */
    get: operations['get_my_cart']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me/total-spent': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** All that the user ordered and did not cancel */
    get: operations['get_total_spent']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/users/me/notifications': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Changes of order status as server-sent events; Last-Event-ID goes on after that one
     * @description Each event is named `order-status` and holds `order_id`, `status`, `updated_at` and `sequence`. Swagger shows nothing before the stream ends; `curl -N` does.
     */
    get: operations['stream_notifications']
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
    /** Registration */
    Registration: {
      /** @example anna */
      username: string
      /** @example correct horse */
      password: string
      /** @example Анна Каренина */
      full_name: string
      /** @example +7 (900) 123-45-67 */
      phone?: string | null
    }
    /** User */
    User: {
      /**
       * Format: uuid
       * @example 019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10
       */
      id: string
      /** @example user1 */
      username: string
      /** @example Анна Каренина */
      full_name: string
      /** @example +7 (900) 123-45-67 */
      phone: string | null
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      created_at: string
      /** @example false */
      is_admin: boolean
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total_spent: number | null
      /**
       * @description Parts that could not be had right now
       * @example [
       *       "total_spent"
       *     ]
       */
      degraded?: ('cart' | 'orders' | 'total_spent')[]
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
     * TokenRequest
     * @example {
     *       "grant_type": "password",
     *       "username": "user1",
     *       "password": "user123"
     *     }
     */
    TokenRequest: {
      /**
       * @default password
       * @example password
       * @enum {string}
       */
      grant_type?: 'password' | 'refresh_token'
      /** @example user1 */
      username?: string
      /** @example user123 */
      password?: string
      /**
       * @description With its grant type alone
       * @example
       */
      refresh_token?: string
      /**
       * @deprecated
       * @description Accepted and ignored
       */
      scope?: unknown
      /**
       * @deprecated
       * @description Accepted and ignored
       */
      client_id?: unknown
      /**
       * @deprecated
       * @description Accepted and ignored
       */
      client_secret?: unknown
    }
    /** Tokens */
    Tokens: {
      /** @example eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiIxIn0.c2ln */
      access_token: string
      /**
       * @example bearer
       * @constant
       */
      token_type: 'bearer'
      /**
       * Format: int64
       * @description Seconds until the access token expires
       * @example 1800
       */
      expires_in: number
      /**
       * @description Works once
       * @example fYt0v3Xb9r2uJ5hQe8LkPwZ1aDcGs7mN4oIiTyVxEjRlCbHzKqMfUgWnSd6pAOt2
       */
      refresh_token: string
    }
    /** PasswordChange */
    PasswordChange: {
      /** @example user123 */
      current_password: string
      /** @example correct horse */
      new_password: string
    }
    /** KeySet */
    KeySet: {
      keys: {
        /** @example OKP */
        kty: string
        /** @example Ed25519 */
        crv: string
        /** @example 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo */
        x: string
        /** @example kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k */
        kid: string
        /** @example EdDSA */
        alg: string
        /** @example sig */
        use: string
      }[]
    }
    /** ProfileChanges */
    ProfileChanges: {
      /** @example Анна Каренина */
      full_name?: string
      /** @example +7 (900) 123-45-67 */
      phone?: string | null
    }
    /** OrderSummary */
    OrderSummary: {
      /**
       * Format: uuid
       * @example 019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21
       */
      id: string
      /** @example CREATED */
      status: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total: number
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      created_at: string
    }
    /** Profile */
    Profile: {
      /**
       * Format: uuid
       * @example 019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10
       */
      id: string
      /** @example user1 */
      username: string
      /** @example Анна Каренина */
      full_name: string
      /** @example +7 (900) 123-45-67 */
      phone: string | null
      /**
       * Format: date-time
       * @example 2026-01-31T09:30:00.000Z
       */
      created_at: string
      /** @example false */
      is_admin: boolean
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total_spent: number | null
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      current_cart_total: number | null
      orders: components['schemas']['OrderSummary'][]
      /**
       * @description Parts that could not be had right now
       * @example []
       */
      degraded: ('cart' | 'orders' | 'total_spent')[]
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
      items: {
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
      }[]
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
    /** Cart */
    Cart: {
      items: {
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
      }[]
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total: number
    }
    /** TotalSpent */
    TotalSpent: {
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 131.8
       */
      total_spent: number
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
    /** @description Body took too long (`body_timeout`) */
    body_timeout: {
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
    /** @description Unsupported media type (`unsupported_media_type`) */
    unsupported_media_type: {
      headers: {
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
    /** @description Username already registered (`username_taken`) */
    username_taken: {
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
    /** @description Login failed (`login_failed`); Refresh token is not valid (`refresh_token_invalid`) */
    'login_failed.refresh_token_invalid': {
      headers: {
        'WWW-Authenticate': components['headers']['WWW-Authenticate']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Too many requests (`rate_limited`); Too many attempts (`too_many_attempts`) */
    'rate_limited.too_many_attempts': {
      headers: {
        'Retry-After': components['headers']['Retry-After']
        RateLimit: components['headers']['RateLimit']
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
    /** @description Not authenticated (`not_authenticated`); Current password is wrong (`password_wrong`) */
    'not_authenticated.password_wrong': {
      headers: {
        'WWW-Authenticate': components['headers']['WWW-Authenticate']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Password is unchanged (`password_unchanged`); Validation failed (`validation_failed`) */
    'password_unchanged.validation_failed': {
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
    /** @description Order is too large (`order_too_large`); Not enough items in stock (`out_of_stock`); Price has changed (`price_changed`) */
    'order_too_large.out_of_stock.price_changed': {
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
    /** @description Too many requests (`rate_limited`); Too many event streams (`too_many_streams`) */
    'rate_limited.too_many_streams': {
      headers: {
        'Retry-After': components['headers']['Retry-After']
        RateLimit: components['headers']['RateLimit']
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
    /** @description Bad request (`bad_request`); Precondition is not supported (`precondition_unsupported`) */
    'bad_request.precondition_unsupported': {
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
    /** @description Seconds after which a retry makes sense. */
    'Retry-After': number
    /** @description What is left of the quota and seconds until it is full again. */
    RateLimit: string
    /** @description How to sign in (RFC 6750). */
    'WWW-Authenticate': string
    /** @description Where the next page is (RFC 8288); absent on the last one. */
    Link: string
    /** @description Names this state, for `If-None-Match` and, where it is honoured, `If-Match`. */
    ETag: string
    /** @description Says that this is the first answer to the idempotency key, sent again. */
    'Idempotency-Replayed': 'true'
  }
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  register_user: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['Registration']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['User']
        }
      }
      400: components['responses']['precondition_unsupported']
      408: components['responses']['body_timeout']
      409: components['responses']['username_taken']
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
  create_token: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': components['schemas']['TokenRequest']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Tokens']
        }
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['login_failed.refresh_token_invalid']
      408: components['responses']['body_timeout']
      413: components['responses']['payload_too_large']
      414: components['responses']['uri_too_long']
      415: components['responses']['unsupported_media_type']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited.too_many_attempts']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  logout: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done; there is nothing to say */
      204: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  logout_all: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done; there is nothing to say */
      204: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      414: components['responses']['uri_too_long']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  change_password: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['PasswordChange']
      }
    }
    responses: {
      /** @description Done; there is nothing to say */
      204: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated.password_wrong']
      408: components['responses']['body_timeout']
      413: components['responses']['payload_too_large']
      414: components['responses']['uri_too_long']
      415: components['responses']['unsupported_media_type']
      422: components['responses']['password_unchanged.validation_failed']
      429: components['responses']['rate_limited.too_many_attempts']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_jwks: {
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
          'application/json': components['schemas']['KeySet']
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
  get_me: {
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
          'application/json': components['schemas']['User']
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
  update_me: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': components['schemas']['ProfileChanges']
        'application/json': components['schemas']['ProfileChanges']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['User']
        }
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      408: components['responses']['body_timeout']
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
  get_user_profile: {
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
          'application/json': components['schemas']['Profile']
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
  list_my_orders: {
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
          'application/json': components['schemas']['OrderSummary'][]
        }
      }
      400: components['responses']['bad_request']
      401: components['responses']['not_authenticated']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  checkout_my_cart: {
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
      409: components['responses']['order_too_large.out_of_stock.price_changed']
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
  get_my_cart: {
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
  get_total_spent: {
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
          'application/json': components['schemas']['TotalSpent']
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
  stream_notifications: {
    parameters: {
      query?: {
        /** @description As the header Last-Event-ID, for a first request that cannot set it */
        last_event_id?: number
      }
      header?: {
        /** @description The last event that the client has seen: the stream goes on after it. */
        'Last-Event-ID'?: string
      }
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
          'text/event-stream': string
        }
      }
      401: components['responses']['not_authenticated']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited.too_many_streams']
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
