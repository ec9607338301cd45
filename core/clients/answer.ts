/** The answer of another service, read whole and never past its bound. */

export interface Answer {
  readonly status: number
  readonly text: string
  /** The body as JSON; throws SyntaxError when it is none. */
  json(): unknown
  header(name: string): string | null
}

/**
 * Reads the body of a fetched response as UTF-8.
 *
 * @param limit bytes; a longer body is an error, and what is left of it is not read
 */
export async function readAnswer(response: Response, limit: number): Promise<Answer> {
  const { status, headers } = response
  const text = await readText(response, limit)
  return {
    status,
    text,
    json: () => JSON.parse(text) as unknown,
    header: (name) => headers.get(name),
  }
}

async function readText(response: Response, limit: number): Promise<string> {
  const declared = response.headers.get('content-length')
  if (declared !== null && Number(declared) > limit) {
    await response.body?.cancel()
    throw tooLong(limit)
  }
  // A declared length bounds what arrives, unless it is compressed: then it bounds the packed bytes.
  if (declared !== null && !response.headers.has('content-encoding')) return response.text()
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (size > limit) throw tooLong(limit)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

const tooLong = (limit: number) => new Error(`The answer is longer than ${limit} bytes.`)
