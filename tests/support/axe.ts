/** What axe finds on a page: the rules that a machine can check of WCAG, and good practice. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** As far as its results are read here. */
interface Finding {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** Findings that keep somebody out, in a line each; none of them is what a test wants. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // Evaluated past the page's policy, which allows no script that the page does not bring.
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
    readonly violations: readonly Finding[]
  }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))
}
