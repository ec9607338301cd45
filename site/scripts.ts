/** Inline scripts become files: the gateway's Content-Security-Policy allows none in a page. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The page without inline scripts; the same script of all pages is one file below `assets`. */
export function withScriptFiles(html: string, outDir: string, base: string): string {
  return html.replace(
    /<script((?:(?! src=)[^>])*)>([\s\S]*?)<\/script>/g,
    (_, attributes: string, code: string) => {
      const name = `assets/inline.${createHash('sha256').update(code).digest('hex').slice(0, 8)}.js`
      mkdirSync(join(outDir, 'assets'), { recursive: true })
      writeFileSync(join(outDir, name), code)
      return `<script${attributes} src="${base}${name}"></script>`
    },
  )
}
