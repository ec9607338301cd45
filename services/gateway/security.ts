/** What browsers may do with what the gateway answers. */

export const ownHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
} as const

/** Pages that belong to the shop: they bring their style along and load nothing from elsewhere. */
export const pagePolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

/** A flame graph needs its own script; the sandbox keeps that script away from this address. */
export const capturedPolicy =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
