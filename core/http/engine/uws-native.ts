/** What the engine on Node uses of uWebSockets.js, whose package is not part of the default install. */

/** Valid only while its handler runs. */
export interface NativeRequest {
  getCaseSensitiveMethod(): string
  /** The path as sent, without the query. */
  getUrl(): string
  /** Undefined without a question mark. */
  getQuery(): string | undefined
  forEach(each: (lowerCaseName: string, value: string) => void): void
}

/** Valid until it is ended or aborted; touching it later throws. */
export interface NativeResponse {
  writeStatus(line: string): NativeResponse
  writeHeader(name: string, value: string): NativeResponse
  /** Starts or continues a chunked answer; false once the client reads more slowly than it is written. */
  write(chunk: Uint8Array): boolean
  end(body?: string | Uint8Array, closeConnection?: boolean): NativeResponse
  endWithoutBody(length?: number, closeConnection?: boolean): NativeResponse
  /** Ends the connection at once; the abort handler runs. */
  close(): NativeResponse
  pause(): void
  resume(): void
  /** What is written inside goes out together. */
  cork(write: () => void): NativeResponse
  onWritable(handler: (offset: number) => boolean): NativeResponse
  onAborted(handler: () => void): NativeResponse
  /** The chunk is emptied when the handler returns. */
  onData(handler: (chunk: ArrayBuffer, last: boolean) => void): NativeResponse
  getRemoteAddressAsText(): ArrayBuffer
}

/** A pointer in native code; nothing but a handle here. */
export type NativeListenSocket = object

export interface NativeApp {
  any(
    pattern: string,
    handler: (response: NativeResponse, request: NativeRequest) => void,
  ): NativeApp
  listen(
    host: string,
    port: number,
    options: number,
    done: (socket: NativeListenSocket | false) => void,
  ): NativeApp
  /** Ends every connection at once, and stops listening. */
  close(): NativeApp
}

export interface Native {
  App(): NativeApp
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
  us_listen_socket_close(socket: NativeListenSocket): void
  us_socket_local_port(socket: NativeListenSocket): number
}

/** Its own default of 4 KiB would be under the shop's limit of a path; the same 16 KiB as on Bun. */
const maxHeadBytes = '16384'

/** Loads it from the package that holds what only Node needs; throws one sentence when it is not there. */
export async function loadNative(): Promise<Native> {
  // Read once, when the library is loaded.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= maxHeadBytes
  const packaged = new URL('../../../engines/node/uws.mjs', import.meta.url)
  try {
    // The module is plain JavaScript without types; the interface above says what is used of it.
    return (await import(packaged.href)) as Native
  } catch (cause) {
    throw new Error(
      'Node serves with uWebSockets.js, which is not installed or does not run on this Node; npm run start:node installs both.',
      { cause },
    )
  }
}
