/** Files that are made from TypeScript and kept beside it, so that they can be read and mounted. */

export interface FileText {
  /** Path relative to whichever folder it is written to. */
  readonly path: string
  readonly text: string
}

const head = '# Made from TypeScript by `npm run infra`; change it there.\n'

/** A YAML file with the line that says where it comes from. */
export const generated = (path: string, document: object): FileText => ({
  path,
  text: `${head}${Bun.YAML.stringify(document, null, 2)}\n`,
})
