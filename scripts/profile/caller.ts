/** Asks the shop; whatever is not a success ends the run. */
import type { ServiceName } from '../../core/values/service-name.ts'
import { prefixes } from '../../services/gateway/paths.ts'

/** Where each service is reached: itself, or below its prefix at the gateway. */
export type Addresses = Readonly<Record<ServiceName, string>>

/** All of them below the prefixes of one gateway. */
export const behind = (gateway: string): Addresses => ({
  catalog: gateway + prefixes.catalog,
  cart: gateway + prefixes.cart,
  order: gateway + prefixes.order,
  user: gateway + prefixes.user,
})

export interface Caller {
  /** `json` makes the body. */
  call(service: ServiceName, method: string, path: string, json?: unknown): Promise<unknown>
}

export function callerOf(addresses: Addresses, token: string | null): Caller {
  const signedIn: Record<string, string> =
    token === null ? {} : { authorization: `Bearer ${token}` }
  const withBody = { ...signedIn, 'content-type': 'application/json' }
  return {
    async call(service, method, path, json) {
      const answer = await fetch(addresses[service] + path, {
        method,
        headers: json === undefined ? signedIn : withBody,
        ...(json !== undefined && { body: JSON.stringify(json) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
      return text === '' ? null : JSON.parse(text)
    },
  }
}

/** A caller that is signed in. */
export async function signIn(
  addresses: Addresses,
  username: string,
  password: string,
): Promise<Caller> {
  const answer = await fetch(`${addresses.user}/token`, {
    method: 'POST',
    body: new URLSearchParams({ username, password }),
  })
  if (!answer.ok) throw new Error(`${username} cannot sign in: ${answer.status}.`)
  // As the contract has it.
  const { access_token } = (await answer.json()) as { access_token: string }
  return callerOf(addresses, access_token)
}
