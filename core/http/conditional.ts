/** Conditional requests (RFC 9110, section 13): entity tags, `If-None-Match` and `If-Match`. */

/** True when `If-None-Match` covers the tag: weak comparison, `*` covers everything. */
export function noneMatch(header: string | null, etag: string): boolean {
  if (header === null) return false
  if (header === etag) return true
  return tagsOf(header).some((tag) => tag === '*' || strip(tag) === strip(etag))
}

/** The opaque parts of the tags in an `If-Match` header; `*` stays as it is. */
export const ifMatchTags = (header: string): readonly string[] =>
  tagsOf(header).map((tag) => (tag === '*' ? tag : strip(tag).slice(1, -1)))

/** `*` counts only alone: inside anything else it would admit what the client never meant. */
const tagsOf = (header: string): readonly string[] =>
  header.trim() === '*' ? ['*'] : (header.match(/(?:W\/)?"[^"]*"/g) ?? [])

const strip = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)
