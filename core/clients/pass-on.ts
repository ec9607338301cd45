/** Sends a request on as it is and takes the answer as it comes, for a proxy. */
import { passOnThroughNode } from './pass-on.node.ts'
import type { PassOn } from './passed.ts'

/** Bun's own options of fetch beside the standard ones. */
type FetchOptions = RequestInit & { readonly decompress: boolean; readonly timeout: boolean }

const passOnThroughFetch: PassOn = (url, request) =>
  fetch(url, {
    ...request,
    redirect: 'manual',
    // Bytes pass as they are, compressed or not.
    decompress: false,
    // Its own limit would end event streams; the proxy guards the beginning.
    timeout: false,
  } as FetchOptions)

export const passOn: PassOn =
  process.versions['bun'] === undefined ? passOnThroughNode : passOnThroughFetch
