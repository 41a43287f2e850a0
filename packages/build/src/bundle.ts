import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** The parts of a step: the file that a runner starts, and its source. */
export const ENTRIES = [
  { part: 'main', source: 'src/main.ts', file: 'index.cjs' },
  { part: 'post', source: 'src/post.ts', file: 'post.cjs' },
] as const

/** The code of all parts, where there are several. */
const PARTS = 'parts.cjs'

/** The files of a bundle by their name in `dist`. */
export type BundleFiles = ReadonlyMap<string, Buffer>

interface NccOptions {
  readonly esm: boolean
  readonly filename: string
  readonly cache: false
  readonly license: string
  readonly target: string
  readonly transpileOnly: boolean
  readonly quiet: boolean
  readonly customEmit: (path: string) => false | undefined
}

interface NccResult {
  readonly code: string
  readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>
}

// ncc has no types of its own.
const ncc: (entry: string, options: NccOptions) => Promise<NccResult> = createRequire(import.meta.url)('@vercel/ncc')

/** What must not ship: it is bound to one machine, or trips scanners of binaries. ssh2 brings both along and runs without. */
const NATIVE = /\.(node|exe)$/
const CHUNK = /^[\w.-]+\.c?js$/
const LICENSES = 'licenses.txt'
const COMMON_JS = Buffer.from('{ "type": "commonjs" }\n')

/** What action.yml names as `node24`; act on a machine itself starts whatever `node` is on the PATH. */
const NODE = 24

/** In front of each entry, in words that every node reads: an older one would fail somewhere with a message that nobody understands. */
const GUARD = `if (parseInt(process.versions.node, 10) < ${NODE}) {
  if (process.env.GITHUB_OUTPUT) require('fs').appendFileSync(process.env.GITHUB_OUTPUT, 'result=failed\\n')
  console.log('::error title=Node ${NODE} is needed::This action needs node ${NODE} and was started with node ' + process.versions.node + '. Under act, put node ${NODE} first on the PATH.')
  process.exit(1)
}
`

/**
 * Bundles an action: `src/main.ts` becomes `index.cjs`, `src/post.ts` (if it is there) `post.cjs`; what is imported lazily becomes
 * chunks beside them. CommonJS, because ssh2 asks for `__dirname`. The bytes depend on nothing but the sources, as long as the
 * working directory is the top of the repository: ncc derives module ids from paths relative to it.
 */
export async function bundleAction(folder: string): Promise<BundleFiles> {
  const entries = ENTRIES.filter(({ source }) => existsSync(path.join(folder, source)))
  const files = await (entries.length > 1 ? bundleParts(folder, entries) : bundleMain(folder))
  // ncc names a chunk of index.cjs N.index.cjs.js, and what .js means depends on the package.json above it.
  if ([...files.keys()].some(name => name.endsWith('.js'))) files.set('package.json', COMMON_JS)
  return files
}

async function bundleMain(folder: string): Promise<Map<string, Buffer>> {
  const [{ source, file }] = ENTRIES
  const files = await bundleSource(path.join(folder, source), file)
  return files.set(file, Buffer.from(`${GUARD}${files.get(file)}`))
}

/**
 * One compilation, so that what two parts use is there once, in chunks that both load. Which part runs is decided by the file that the
 * runner starts, and by nothing that an earlier process has left: when a main part was killed before its first line, it must not run
 * in place of the post part.
 */
async function bundleParts(folder: string, entries: readonly (typeof ENTRIES)[number][]): Promise<Map<string, Buffer>> {
  // In a place that git, the compiler and the linter ignore, and always the same: module ids depend on it.
  const source = path.join(folder, 'node_modules/.parts.mjs')
  mkdirSync(path.dirname(source), { recursive: true })
  writeFileSync(
    source,
    entries.map(entry => `export const ${entry.part} = () => import('../${entry.source}')\n`).join(''),
  )
  const files = await bundleSource(source, PARTS)
  for (const { part, file } of entries) {
    files.set(file, Buffer.from(`${GUARD}require('./${PARTS}').${part}()\n`))
  }
  return files
}

/** Bundles a source and what it imports; the file and its chunks, with the licences of all libraries in them. */
async function bundleSource(source: string, filename: string): Promise<Map<string, Buffer>> {
  const { code, assets } = await ncc(source, {
    esm: false,
    filename,
    cache: false,
    // By chunk: with one name for all, the licences of the last chunk would take the place of the others.
    license: `[name].${LICENSES}`,
    target: 'es2022',
    transpileOnly: true,
    quiet: true,
    customEmit: file => (NATIVE.test(file) ? false : undefined),
  })
  const files = new Map([[filename, Buffer.from(code)]])
  const licenses: string[] = []
  for (const [name, asset] of Object.entries(assets)) {
    if (name.endsWith(`.${LICENSES}`)) {
      licenses.push(asset.source.toString())
    } else if (CHUNK.test(name)) {
      files.set(name, Buffer.from(asset.source))
    } else {
      throw new Error(`The bundle of ${source} would carry ${name}; a bundle is code and licences only.`)
    }
  }
  return files.set(LICENSES, Buffer.from(mergeLicenses(licenses)))
}

/** Where ncc begins a library: its name, a line with the identifier of its licence, and then the text. */
const LIBRARY = /\n\n(?=(?:@[\w.-]+\/)?[\w.-]+\n\(?[\w.+-]+(?: (?:OR|AND|WITH) [\w.+-]+)*\)?\n)/

/** Several chunks hold parts of the same library; its licence is there once. */
function mergeLicenses(texts: readonly string[]): string {
  const libraries = texts.flatMap(text => text.split(LIBRARY)).map(library => library.trim())
  return [...new Set(libraries)].join('\n\n')
}
