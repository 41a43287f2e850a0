import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** What a runner starts, and the source that it is made from. */
export const ENTRIES = [
  { source: 'src/main.ts', file: 'index.cjs' },
  { source: 'src/post.ts', file: 'post.cjs' },
] as const

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
  const files = new Map<string, Buffer>()
  for (const { source, file } of ENTRIES) {
    const entry = path.join(folder, source)
    if (!existsSync(entry)) continue
    for (const [name, content] of await bundleEntry(entry, file)) add(files, name, content)
  }
  shareChunks(files)
  // ncc names a chunk of index.cjs N.index.cjs.js, and what .js means depends on the package.json above it.
  if ([...files.keys()].some(name => name.endsWith('.js'))) files.set('package.json', COMMON_JS)
  return files
}

/**
 * The second entry loads the chunks of the first where its own are the same: ncc bundles each entry by itself, and a library that both
 * load late would be there twice. The name of a chunk ends with the one of its entry.
 */
function shareChunks(files: Map<string, Buffer>): void {
  const [{ file: first }, { file: second }] = ENTRIES
  const code = files.get(second)
  if (code === undefined) return
  const twins = [...files.keys()].flatMap(name =>
    name.endsWith(`.${second}.js`) ? [{ name, twin: `${name.slice(0, -`${second}.js`.length)}${first}.js` }] : [],
  )
  if (!twins.every(({ name, twin }) => files.get(twin)?.equals(files.get(name) ?? Buffer.of()))) return
  for (const { name } of twins) files.delete(name)
  files.set(second, Buffer.from(code.toString().replaceAll(`".${second}.js"`, `".${first}.js"`)))
}

async function bundleEntry(entry: string, filename: string): Promise<BundleFiles> {
  const { code, assets } = await ncc(entry, {
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
  const files = new Map([[filename, Buffer.from(`${GUARD}${code}`)]])
  for (const [name, asset] of Object.entries(assets)) {
    if (name.endsWith(`.${LICENSES}`)) {
      add(files, LICENSES, Buffer.from(asset.source))
    } else if (CHUNK.test(name)) {
      files.set(name, Buffer.from(asset.source))
    } else {
      throw new Error(`The bundle of ${entry} would carry ${name}; a bundle is code and licences only.`)
    }
  }
  return files
}

/** Two entries of an action may share a chunk, and chunks and entries the licences of their libraries. */
function add(files: Map<string, Buffer>, name: string, content: Buffer): void {
  const present = files.get(name)
  if (present === undefined || present.equals(content)) {
    files.set(name, content)
  } else if (name === LICENSES) {
    files.set(name, mergeLicenses(present, content))
  } else {
    throw new Error(`Two entries of one action want different files named ${name}.`)
  }
}

/**
 * ncc separates the licences by empty lines only, so what is the same in both can't be told apart safely: the texts follow each other,
 * unless one holds the other as it is.
 */
function mergeLicenses(first: Buffer, second: Buffer): Buffer {
  if (first.includes(second)) return first
  return Buffer.concat([first, Buffer.from('\n\n'), second])
}
