/** The catalog service's API. Written by scripts/openapi.ts from the route table; not to be edited. */
export interface paths {
  '/system/health': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Whether the service and its store work */
    get: operations['get_system_health']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/products/': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Products of a category, in pages, or a search in it; of all categories for admins
     * @description Pages by `skip`, or by `cursor`, which neither repeats nor misses a product while others are written. The answer may be a stale one while the store is down, which `X-Cache` tells.
     */
    get: operations['get_products']
    put?: never
    /**
     * Adds a product
     * @description For admins alone.
     */
    post: operations['create_product']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/products/categories/list': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Categories that have products, and how many */
    get: operations['get_categories']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/products/by-category/{category}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /** Products of a category as an array; Link names the next page */
    get: operations['get_products_by_category']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/products/{id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * One product with what can be bought now
     * @description `If-None-Match` saves the body while neither the product nor its stock has changed.
     */
    get: operations['get_product']
    /**
     * Changes the fields that are sent; honours If-Match
     * @description `stock_count` sets what can be bought now, `stock_delta` adds to it or takes from it. With `If-Match` nothing is changed when the product is no longer the one that was read; its stock counts where `stock_count` is sent, so that what was sold meanwhile does not come back.
     *
     *     For admins alone.
     */
    put: operations['update_product']
    post?: never
    /**
     * Takes a product off the shelf; open orders keep it
     * @description Carts show it as not available; orders keep it.
     *
     *     For admins alone.
     */
    delete: operations['delete_product']
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/system/profiling/status': {
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
  '/system/profiling/profiles': {
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
  '/system/profiling/profiles/{file}/stats': {
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
  '/system/profiling/start': {
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
    /** ProductListItem */
    ProductListItem: {
      /**
       * Format: uuid
       * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
       */
      product_id: string
      /** @example Яблоки Гала «Южный сад», 500 г */
      name: string
      /** @example Фрукты */
      category: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      price: number
    }
    /** ProductPage */
    ProductPage: {
      items: components['schemas']['ProductListItem'][]
      /**
       * Format: int64
       * @description Products on all pages, exact
       * @example 2500
       */
      total: number
      /**
       * Format: int64
       * @example 1
       */
      page: number
      /**
       * Format: int64
       * @description At least 1
       * @example 25
       */
      pages: number
      /** @example true */
      has_next: boolean
      /** @example false */
      has_prev: boolean
      /**
       * @description With cursor alone: the cursor of the next page, null on the last one
       * @example null
       */
      next_cursor?: string | null
    }
    /** Category */
    Category: {
      /** @example Фрукты */
      name: string
      /**
       * Format: int64
       * @example 2500
       */
      product_count: number
    }
    /** Product */
    Product: {
      /**
       * Format: uuid
       * @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f
       */
      product_id: string
      /** @example Яблоки Гала «Южный сад», 500 г */
      name: string
      /** @example Фрукты */
      category: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      price: number
      /**
       * Format: int64
       * @description Pieces that can be bought now
       * @example 320
       */
      stock_count: number
      /** @example Сладкие яблоки с тонкой кожицей. Хранить в прохладном месте. */
      description: string | null
      /** @example ООО «Южный сад» */
      manufacturer: string | null
    }
    /**
     * NewProduct
     * @example {
     *       "name": "Яблоки Гала «Южный сад», 500 г",
     *       "category": "Фрукты",
     *       "price": 65.9,
     *       "stock_count": 320,
     *       "description": "Сладкие яблоки с тонкой кожицей. Хранить в прохладном месте.",
     *       "manufacturer": "ООО «Южный сад»"
     *     }
     */
    NewProduct: {
      /** @example Яблоки Гала «Южный сад», 500 г */
      name: string
      /** @example Фрукты */
      category: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      price: number
      /**
       * Format: int32
       * @example 320
       */
      stock_count: number
      /** @example Сладкие яблоки с тонкой кожицей. Хранить в прохладном месте. */
      description?: string | null
      /** @example ООО «Южный сад» */
      manufacturer?: string | null
    }
    /**
     * ProductChanges
     * @example {
     *       "price": 59.9,
     *       "stock_count": 500
     *     }
     */
    ProductChanges: {
      /** @example Яблоки Гала «Южный сад», 500 г */
      name?: string
      /** @example Фрукты */
      category?: string
      /**
       * Format: double
       * @description Rubles with at most two decimals
       * @example 65.9
       */
      price?: number
      /**
       * Format: int32
       * @example 320
       */
      stock_count?: number
      /**
       * Format: int32
       * @description Pieces to add, or to take away where negative; not beside stock_count
       * @example -3
       */
      stock_delta?: number
      /** @example Сладкие яблоки с тонкой кожицей. Хранить в прохладном месте. */
      description?: string | null
      /** @example ООО «Южный сад» */
      manufacturer?: string | null
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
    /** @description Bad request (`bad_request`); Price range is inverted (`price_range_inverted`) */
    'bad_request.price_range_inverted': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Category is required (`category_required`) */
    category_required: {
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
    /** @description Validation failed (`validation_failed`) */
    validation_failed: {
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
    /** @description Product not found (`product_not_found`) */
    product_not_found: {
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
    /** @description Catalog is full (`catalog_full`) */
    catalog_full: {
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
    /** @description Bad request (`bad_request`); Precondition is not supported (`precondition_unsupported`) */
    'bad_request.precondition_unsupported': {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Stock out of range (`stock_out_of_range`) */
    stock_out_of_range: {
      headers: {
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Precondition failed (`version_mismatch`) */
    version_mismatch: {
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
    /** @description Seconds after which a retry makes sense. */
    'Retry-After': number
    /** @description What is left of the quota and seconds until it is full again. */
    RateLimit: string
    /** @description Where the next page is (RFC 8288); absent on the last one. */
    Link: string
    /** @description Seconds since a stale answer was read from the store. */
    Age: number
    /** @description `stale` when the store is down and this is the last good answer. */
    'X-Cache': 'stale'
    /** @description Names this state, for `If-None-Match` and, where it is honoured, `If-Match`. */
    ETag: string
    /** @description How to sign in (RFC 6750). */
    'WWW-Authenticate': string
  }
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  get_system_health: {
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
            /** @example ok */
            database_connection: string
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
            /** @example ok */
            database_connection: string
          }
          'application/problem+json': components['schemas']['Problem']
        }
      }
      504: components['responses']['gateway_timeout']
    }
  }
  get_products: {
    parameters: {
      query?: {
        /**
         * @description Only admins may leave it out
         * @example Фрукты
         */
        category?: string
        /** @description Words, or beginnings of words, that the name must have; best matches first unless sorted otherwise */
        q?: string
        /** @description Products to pass over; 0 with cursor */
        skip?: number
        limit?: number
        /** @description Empty for the first page, then next_cursor of the page before: nothing repeats or is missed, whatever is written meanwhile */
        cursor?: string
        /** @description By name unless given; a search has its best matches first */
        sort_by?: 'name' | 'price'
        sort_order?: 'asc' | 'desc'
        /** @description Inclusive */
        min_price?: number
        /** @description Inclusive */
        max_price?: number
      }
      header?: {
        /** @description ETags of the copies that the client has: 304 without a body when one is current. */
        'If-None-Match'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          Link: components['headers']['Link']
          Age: components['headers']['Age']
          'X-Cache': components['headers']['X-Cache']
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ProductPage']
        }
      }
      /** @description The client has the current state already */
      304: {
        headers: {
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['bad_request.price_range_inverted']
      401: components['responses']['not_authenticated']
      403: components['responses']['category_required']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  create_product: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['NewProduct']
      }
    }
    responses: {
      /** @description Created */
      201: {
        headers: {
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Product']
        }
      }
      400: components['responses']['precondition_unsupported']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      408: components['responses']['body_timeout']
      409: components['responses']['catalog_full']
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
  get_categories: {
    parameters: {
      query?: never
      header?: {
        /** @description ETags of the copies that the client has: 304 without a body when one is current. */
        'If-None-Match'?: string
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          Age: components['headers']['Age']
          'X-Cache': components['headers']['X-Cache']
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Category'][]
        }
      }
      /** @description The client has the current state already */
      304: {
        headers: {
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content?: never
      }
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_products_by_category: {
    parameters: {
      query?: {
        /** @description Words, or beginnings of words, that the name must have; best matches first unless sorted otherwise */
        q?: string
        /** @description Products to pass over; 0 with cursor */
        skip?: number
        limit?: number
        /** @description Empty for the first page, then next_cursor of the page before: nothing repeats or is missed, whatever is written meanwhile */
        cursor?: string
        /** @description By name unless given; a search has its best matches first */
        sort_by?: 'name' | 'price'
        sort_order?: 'asc' | 'desc'
        /** @description Inclusive */
        min_price?: number
        /** @description Inclusive */
        max_price?: number
      }
      header?: {
        /** @description ETags of the copies that the client has: 304 without a body when one is current. */
        'If-None-Match'?: string
      }
      path: {
        /** @example Фрукты */
        category: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Done */
      200: {
        headers: {
          Link: components['headers']['Link']
          Age: components['headers']['Age']
          'X-Cache': components['headers']['X-Cache']
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ProductListItem'][]
        }
      }
      /** @description The client has the current state already */
      304: {
        headers: {
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['bad_request.price_range_inverted']
      414: components['responses']['uri_too_long']
      422: components['responses']['validation_failed']
      429: components['responses']['rate_limited']
      500: components['responses']['internal_error']
      502: components['responses']['bad_gateway']
      503: components['responses']['overloaded.service_unavailable']
      504: components['responses']['gateway_timeout']
    }
  }
  get_product: {
    parameters: {
      query?: never
      header?: {
        /** @description ETags of the copies that the client has: 304 without a body when one is current. */
        'If-None-Match'?: string
      }
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
          Age: components['headers']['Age']
          'X-Cache': components['headers']['X-Cache']
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Product']
        }
      }
      /** @description The client has the current state already */
      304: {
        headers: {
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['bad_request']
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
  update_product: {
    parameters: {
      query?: never
      header?: {
        /** @description An ETag of the product (sales count where `stock_count` is sent), or the revision of the cart in quotes: 412 when it has been changed since. */
        'If-Match'?: string
      }
      path: {
        /** @example a9f28744-f0d4-506f-b94b-2e77e6b40d9f */
        id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['ProductChanges']
      }
    }
    responses: {
      /** @description Done */
      200: {
        headers: {
          ETag: components['headers']['ETag']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Product']
        }
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
      404: components['responses']['product_not_found']
      408: components['responses']['body_timeout']
      409: components['responses']['stock_out_of_range']
      412: components['responses']['version_mismatch']
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
  delete_product: {
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
      /** @description Done; there is nothing to say */
      204: {
        headers: {
          [name: string]: unknown
        }
        content?: never
      }
      400: components['responses']['bad_request.precondition_unsupported']
      401: components['responses']['not_authenticated']
      403: components['responses']['forbidden']
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
