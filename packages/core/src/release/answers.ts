import { type ComposeConfig, parseComposeConfig } from '../compose/config.ts'
import { type ContainerState, parseContainers } from '../compose/containers.ts'
import { objectOf, textOf } from '../compose/plain-data.ts'
import type { EnvPolicy } from './record.ts'
import type { ConfigHashes } from './running.ts'
import { fileIn, linesIn, type Sections, textIn } from './sections.ts'
import { type FileDifference, parseDifferences } from './survey.ts'

/** An image on the server. */
export interface LocalImage {
  readonly id: string
  /** `repository@sha256:…`; none for an image that was built there. */
  readonly digests: readonly string[]
}

/** Reference (or image id) to the image on the server; undefined where there is none. */
export type LocalImages = ReadonlyMap<string, LocalImage | undefined>

export const existingKinds = ['file', 'link', 'directory', 'other'] as const

/** What `stage` found: the uploaded files are whole, and nothing that runs was touched. */
export interface StageAnswer {
  /** Files that are not what was sent, in the words of sha256sum. */
  readonly damaged: readonly string[]
  /** Shipped paths, and `.env`, that are in the project directory already. */
  readonly existing: ReadonlyMap<string, (typeof existingKinds)[number]>
  /** How the project directory differs from the files that were sent. */
  readonly changes: readonly FileDifference[]
  /** Paths that the switch removes. */
  readonly leaving: readonly string[]
  /** Paths whose directory the login user cannot write. */
  readonly unwritable: readonly string[]
  /** Paths whose kind cannot be changed, each with the reason. */
  readonly blocked: readonly string[]
  /** Compose's error; '' when it accepts the files. */
  readonly configError: string
  /** Warnings of Compose. */
  readonly warnings: readonly string[]
  readonly config: ComposeConfig | undefined
  /** The directory that paths in the configuration lie in; undefined for the project directory. */
  readonly directory: string | undefined
  /** The containers of the configured project. */
  readonly containers: readonly ContainerState[]
  readonly images: LocalImages
}

export function parseStage(sections: Sections): StageAnswer {
  const configError = textIn(sections, 'config-error')
  const config = sections.get('config') ?? ''
  return {
    damaged: linesIn(sections, 'damaged'),
    existing: new Map(
      linesIn(sections, 'existing').map(line => {
        const space = line.indexOf(' ')
        return [line.slice(space + 1), existingKinds.find(kind => kind === line.slice(0, space)) ?? 'other']
      }),
    ),
    changes: parseDifferences(sections, 'changes'),
    leaving: linesIn(sections, 'leaving'),
    unwritable: linesIn(sections, 'unwritable'),
    blocked: linesIn(sections, 'blocked'),
    configError,
    warnings: linesIn(sections, 'warnings'),
    config: configError !== '' || config.trim() === '' ? undefined : parseComposeConfig(config),
    directory: textIn(sections, 'directory') || undefined,
    containers: parseContainers(sections.get('containers') ?? ''),
    images: parseImages(sections),
  }
}

export interface PullAnswer {
  /** `pull REF` or `login REGISTRY`, and docker's error. */
  readonly failed: readonly { readonly what: string; readonly message: string }[]
  readonly images: LocalImages
}

export function parsePull(sections: Sections): PullAnswer {
  const failed = linesIn(sections, 'failed').map(line => {
    const [what = '', ...message] = line.split('\t')
    return { what, message: message.join('\t').trim() }
  })
  return { failed, images: parseImages(sections) }
}

/** What is in the project directory now, copied beside it. */
export interface AdoptAnswer {
  readonly manifest: string
  readonly modes: string
  readonly links: readonly string[]
  /** The octal mode of `.env`; undefined when there is none. */
  readonly envMode: string | undefined
  readonly hashes: ConfigHashes
  /** Why Compose could not compute the hashes; '' when it could. */
  readonly hashesError: string
  /** Compose files that are not there. */
  readonly missing: readonly string[]
  /** Paths that the login user cannot read: they are not part of the copy. */
  readonly unreadable: readonly string[]
}

export function parseAdopt(sections: Sections): AdoptAnswer {
  return {
    manifest: fileIn(sections, 'manifest'),
    modes: fileIn(sections, 'modes'),
    links: linesIn(sections, 'links'),
    envMode: textIn(sections, 'env') || undefined,
    hashes: parseHashes(sections),
    hashesError: textIn(sections, 'hashes-error'),
    missing: linesIn(sections, 'missing'),
    unreadable: linesIn(sections, 'unreadable'),
  }
}

export interface VerifyAnswer {
  readonly differences: readonly FileDifference[]
  readonly hashes: ConfigHashes
  /** Why Compose could not compute the hashes; '' when it could. */
  readonly hashesError: string
  readonly containers: readonly ContainerState[]
}

export function parseVerify(sections: Sections): VerifyAnswer {
  return {
    differences: parseDifferences(sections),
    hashes: parseHashes(sections),
    hashesError: textIn(sections, 'hashes-error'),
    containers: parseContainers(sections.get('containers') ?? ''),
  }
}

/** How a switch ended. */
export interface SwitchAnswer {
  /** The step that it reached: `check`, `hold`, `containers`, `files`, `env`, `current`, `up`, `done`. */
  readonly step: string
  readonly status: number
  /** The output for people, the newest lines. */
  readonly output: string
}

export function parseSwitch(sections: Sections, status: number, output: string): SwitchAnswer {
  const last = (key: string) =>
    linesIn(sections, 'result')
      .findLast(line => line.startsWith(`${key} `))
      ?.slice(key.length + 1)
  const reported = Number(last('status') ?? Number.NaN)
  return { step: last('step') ?? 'check', status: Number.isInteger(reported) ? reported : status, output }
}

/** The policy for `.env` of an adopted state. A symbolic link is restored with the other links, and its content is not touched. */
export function adoptedEnv(answer: AdoptAnswer): EnvPolicy {
  if (answer.links.includes('.env')) return 'kept'
  return answer.envMode === undefined ? 'none' : 'written'
}

/** Lines `service hash`; a service may have several. */
function parseHashes(sections: Sections): Map<string, string[]> {
  const hashes = new Map<string, string[]>()
  for (const line of linesIn(sections, 'hashes')) {
    const [service = '', hash] = line.split(' ')
    if (hash !== undefined) hashes.set(service, [...(hashes.get(service) ?? []), hash])
  }
  return hashes
}

/** Lines `REF<TAB>JSON`. */
function parseImages(sections: Sections): Map<string, LocalImage | undefined> {
  return new Map(
    linesIn(sections, 'images').map(line => {
      const tab = line.indexOf('\t')
      return [line.slice(0, tab), imageOf(line.slice(tab + 1))]
    }),
  )
}

function imageOf(json: string): LocalImage | undefined {
  if (json.trim() === '' || json.trim() === 'null') return undefined
  const image = objectOf(JSON.parse(json))
  const id = textOf(image['id'])
  if (id === undefined) return undefined
  const digests = Array.isArray(image['digests']) ? image['digests'] : []
  return { id, digests: digests.filter(digest => typeof digest === 'string') }
}
