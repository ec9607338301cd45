/** What a page of this repository means beyond plain Markdown: diagrams, and links that leave the site. */
import { renderMermaidSVG } from 'beautiful-mermaid'
import type { MarkdownRenderer } from 'vitepress'
import { placeOf } from '../links.ts'

/** Colours are the theme's variables, so a diagram follows the light and the dark scheme. */
const looks = {
  bg: 'var(--vp-c-bg)',
  fg: 'var(--vp-c-text-1)',
  transparent: true,
  // As dense as can still be read: a page has room for some 620 pixels.
  nodeSpacing: 16,
  layerSpacing: 24,
  padding: 8,
}

export function extend(md: MarkdownRenderer): void {
  linksThatLeave(md)
  diagrams(md)
}

function linksThatLeave(md: MarkdownRenderer): void {
  md.core.ruler.push('links-that-leave', (state) => {
    for (const { children } of state.tokens) {
      let source = false
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = token.attrGet('href') ?? ''
          const place = placeOf(href, state.env.relativePath ?? '')
          source = place === 'source'
          // A type of its own, so that it is not checked as a page nor led below the site's base.
          if (place === 'surface') {
            token.type = 'surface_open'
            token.attrSet('target', '_self')
          }
          if (source) {
            token.type = 'source_open'
            token.tag = 'span'
            token.attrs = [['class', 'source']]
          }
        } else if (token.type === 'link_close' && source) {
          token.type = 'source_close'
          token.tag = 'span'
        }
      }
    }
  })
}

function diagrams(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]
    if (token?.info.trim() !== 'mermaid') {
      return fence?.(tokens, index, options, env, self) ?? ''
    }
    return diagram(token.content, `d${index}`)
  }
}

/** `accTitle` is what Mermaid calls the words for those who do not see the picture. */
function diagram(text: string, id: string): string {
  const title = /^\s*accTitle:\s*(.+)$/m.exec(text)?.[1]?.trim()
  if (title === undefined) throw new Error(`A diagram has no accTitle: ${text.slice(0, 60)}`)
  const svg = renderMermaidSVG(text.replace(/^\s*accTitle:.*\n/m, ''), looks)
    // Its style sheet asks for fonts elsewhere; the theme brings what is left of it.
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    // Several diagrams of one page must not share names.
    .replace(/\bid="([^"]+)"/g, `id="${id}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${id}-$1)`)
    .replace('<svg ', `<svg role="img" aria-label="${escaped(title)}" `)
    // For the style sheet, which lets nothing shrink until it cannot be read.
    .replace(/ width="([\d.]+)" height="[\d.]+" style="/, ' width="$1" style="--width: $1px; ')
  return `<div class="diagram" tabindex="0" role="group" aria-label="${escaped(title)}" v-pre>${svg}</div>\n`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
