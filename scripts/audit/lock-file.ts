/** What a lock file says of the packages that will be installed, judged without asking anybody. */

/** A package as npm writes it down. */
export interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly deprecated?: string
  readonly hasInstallScript?: boolean
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface LockFile {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, Locked>>
}

/** Licences that let anybody use, change and pass on what the packages are a part of. */
const licences = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0'],
  ...['Apache-2.0', 'Python-2.0', 'Unlicense', 'CC0-1.0', 'Zlib', 'AFL-2.1'],
  // Weak copyleft: it binds changes to the package itself, of which there are none.
  ...['MPL-2.0', 'EPL-2.0'],
])

/** `(MIT OR CC0-1.0)`: one of them is enough; with `AND` all have to be good. */
const isGoodLicence = (text: string): boolean =>
  text
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((each) => each.split(' AND ').every((name) => licences.has(name)))

export interface Known {
  /** Packages with an install script, which is never run: installations are made with --ignore-scripts. */
  readonly scripts: readonly string[]
  /** Licences of packages whose lock entry has none. */
  readonly unlicensed: Readonly<Record<string, string>>
}

/** Each line names a package and what is wrong with it. */
export function judge({ lockfileVersion, packages }: LockFile, known: Known): readonly string[] {
  const wrong: string[] = []
  if (lockfileVersion < 3) wrong.push(`lock file version ${lockfileVersion}; npm writes 3`)
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '') {
      wrong.push(...looseOf(entry, packages))
      continue
    }
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const say = (what: string): void => void wrong.push(`${name} ${entry.version ?? ''}: ${what}`)
    if (entry.link === true || /^(git|file|http:)/.test(entry.resolved ?? '')) {
      say('comes from elsewhere than a registry')
    }
    if (entry.integrity?.startsWith('sha512-') !== true) say('no SHA-512 of its contents')
    if (entry.deprecated !== undefined) say(`deprecated: ${entry.deprecated}`)
    if (entry.hasInstallScript === true && !known.scripts.includes(name)) say('an install script')
    const licence = entry.license ?? known.unlicensed[name]
    if (licence === undefined) say('no licence')
    else if (!isGoodLicence(licence)) say(`the licence ${licence}`)
  }
  return wrong
}

/** Direct dependencies that name a range, or another version than the one that is locked. */
function looseOf(
  { dependencies, devDependencies }: Locked,
  packages: LockFile['packages'],
): readonly string[] {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([name, wanted]) => {
      // `npm:other@1.2.3` is a package under another name.
      const version = wanted.replace(/^npm:.+@/, '')
      return version !== packages[`node_modules/${name}`]?.version
    })
    .map(([name, wanted]) => `${name} ${wanted}: not one exact version, or not the locked one`)
}
