/** Reads protobuf messages without their schema: https://protobuf.dev/programming-guides/encoding/ */

/** The values of each field number: bytes where they have a length, numbers where they have none. */
export type Message = ReadonlyMap<number, readonly (Uint8Array | bigint)[]>

export function readMessage(bytes: Uint8Array): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields = new Map<number, (Uint8Array | bigint)[]>()
  let at = 0

  function varint(): bigint {
    let sum = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++)
      sum |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return sum
    }
  }

  function value(wireType: number): Uint8Array | bigint {
    if (wireType === 0) return varint()
    if (wireType === 1) return view.getBigUint64((at += 8) - 8, true)
    if (wireType === 5) return BigInt(view.getUint32((at += 4) - 4, true))
    if (wireType !== 2) throw new Error(`Wire type ${wireType} is not read here.`)
    const length = Number(varint())
    at += length
    return bytes.subarray(at - length, at)
  }

  while (at < bytes.byteLength) {
    const tag = Number(varint())
    const values = fields.get(tag >> 3) ?? []
    values.push(value(tag & 7))
    fields.set(tag >> 3, values)
  }
  return fields
}

export const bytesOf = (message: Message, field: number): readonly Uint8Array[] =>
  (message.get(field) ?? []).filter((value) => value instanceof Uint8Array)

export const messagesOf = (message: Message, field: number): readonly Message[] =>
  bytesOf(message, field).map(readMessage)

export const numberOf = (message: Message, field: number): bigint => {
  const value = message.get(field)?.[0]
  return typeof value === 'bigint' ? value : 0n
}

export const textOf = (message: Message, field: number): string =>
  new TextDecoder().decode(bytesOf(message, field)[0] ?? new Uint8Array())

export const hexOf = (message: Message, field: number): string =>
  Buffer.from(bytesOf(message, field)[0] ?? new Uint8Array()).toString('hex')
