/** Anchors of headings as GitHub makes them, so that a link works there and on the site alike. */

export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}_ -]/gu, '')
    .replaceAll(' ', '-')
}
