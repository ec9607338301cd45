/**
 * The body of a request as uWebSockets.js delivers it: pieces that come when they like, to be copied
 * at once. They wait here until somebody reads them, and past `waiting` bytes the client waits too.
 *
 * ```
 *   onData ──► chunks ──► bytes(limit)   one array, or a problem
 *                    └──► stream()       for a proxy
 * ```
 */
import { ClientGone } from '../client-gone.ts'
import { joined, tooLarge } from './bounded-body.ts'

/** Pauses and resumes what the client sends. */
export interface Tap {
  pause(): void
  resume(): void
}

/** Bytes that may wait unread; a common body fits in whole. */
const waiting = 64 * 1024

export class UwsBody {
  #chunks: Uint8Array[] = []
  #size = 0
  #ended = false
  #paused = false
  /** The client is never made to wait any more. */
  #flows = false
  /** The answer is on its way: nobody reads any more, and the tap is not to be touched. */
  #left = false
  #broken: Error | null = null
  readonly #tap: Tap
  /** The reader, told of each change; nobody reads yet. */
  #changed = (): void => this.#holdBack()

  constructor(tap: Tap) {
    this.#tap = tap
  }

  /** A piece arrived; it is copied. */
  push(chunk: ArrayBuffer, last: boolean): void {
    if (this.#left) return
    this.#ended = last
    if (chunk.byteLength > 0) {
      this.#chunks.push(new Uint8Array(chunk.slice(0)))
      this.#size += chunk.byteLength
    }
    this.#changed()
  }

  /** The client went away. */
  breakOff(): void {
    if (this.#ended) return
    this.#left = true
    this.#broken = new ClientGone()
    this.#changed()
  }

  /** The answer goes out: what still comes of the body is read by the engine and thrown away. */
  leave(): void {
    this.#open()
    this.#left = true
    this.#chunks = []
  }

  /**
   * An answer that may have to wait for the client is being written. The library loses the one wait
   * over the other: a paused connection was not told again that it can be written to, in about every
   * second run of 8 MB that were sent back as they came.
   */
  flow(): void {
    this.#open()
    this.#flows = true
  }

  bytes(limit: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#changed = () => {
        if (this.#size > limit) reject(tooLarge(limit))
        else if (this.#broken !== null) reject(this.#broken)
        else if (this.#ended) resolve(joined(this.#chunks, this.#size))
        else return this.#open()
        this.#changed = () => this.#holdBack()
      }
      this.#changed()
    })
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#changed = () => {
          for (const chunk of this.#chunks) controller.enqueue(chunk)
          this.#chunks = []
          this.#size = 0
          if (this.#broken !== null) controller.error(this.#broken)
          else if (this.#ended) controller.close()
          else if ((controller.desiredSize ?? 0) <= 0) this.#shut()
        }
        this.#changed()
      },
      pull: () => this.#open(),
      cancel: () => {
        this.#changed = () => {
          this.#chunks = []
        }
        this.#open()
      },
    })
  }

  #holdBack(): void {
    if (this.#size > waiting) this.#shut()
  }

  #shut(): void {
    if (this.#paused || this.#flows || this.#left || this.#ended) return
    this.#paused = true
    this.#tap.pause()
  }

  #open(): void {
    if (!this.#paused || this.#left) return
    this.#paused = false
    this.#tap.resume()
  }
}
