/** The names of the services, as they stand in tokens, metrics, logs and addresses. */
export const serviceNames = ['catalog', 'cart', 'order', 'user'] as const

export type ServiceName = (typeof serviceNames)[number]
