import type { Host } from '../host/host.ts'
import { ActionError } from '../values/action-error.ts'
import { parseRecord, type ReleaseRecord } from './record.ts'
import { parseSections } from './sections.ts'
import { storeScript, surveyScript } from './survey-script.ts'

export interface Disk {
  readonly sizeBytes: number
  readonly freeBytes: number
}

/** What a server told of itself before anything was touched. */
export interface ServerSurvey {
  readonly user: string
  readonly missingTools: readonly string[]
  /** `26.1.5 linux/amd64`, or what docker said instead. */
  readonly engine: string
  readonly compose: string
  readonly pythonCompose: string
  /** Whether the project directory can be written, or made. */
  readonly writable: boolean
  /** The project directory without links; undefined when it does not exist yet. */
  readonly realPath: string | undefined
  readonly disk: Disk | undefined
  readonly dockerDisk: Disk | undefined
}

/** The releases that a project directory holds, and how it differs from its current one. */
export interface StoreSurvey {
  readonly releases: readonly ReleaseRecord[]
  /** The release that the project directory holds. */
  readonly current: ReleaseRecord | undefined
  /** The current release's manifest and plan, as text. */
  readonly manifest: string
  readonly plan: string
  /** Files that differ from what the current release shipped: a hand was here. */
  readonly drift: readonly string[]
}

const SURVEY_TIMEOUT = 60_000

export async function surveyServer(host: Host, path: string, mark: string): Promise<ServerSurvey> {
  return parseServer(await ask(host, surveyScript, path, mark))
}

export async function surveyStore(host: Host, path: string, mark: string): Promise<StoreSurvey> {
  return parseStore(await ask(host, storeScript, path, mark))
}

async function ask(host: Host, script: string, path: string, mark: string): Promise<Map<string, string>> {
  const result = await host.run({ argv: ['sh', '-c', script, 'survey', mark, path], timeout: SURVEY_TIMEOUT })
  const sections = parseSections(result.stdout, mark)
  if (sections.has('end')) return sections
  throw new ActionError({
    title: 'The server cannot run a POSIX shell',
    message: `${host.name} did not run a script to its end: ${result.stderr.trim() || `exit status ${result.exitCode}`}`,
    next: 'The login needs a shell (sh) that runs commands; look at its login shell and at ForceCommand in sshd_config.',
  })
}

export function parseServer(sections: ReadonlyMap<string, string>): ServerSurvey {
  const { text, lines } = readers(sections)
  return {
    user: text('user'),
    missingTools: lines('missing'),
    engine: text('engine'),
    compose: text('compose'),
    pythonCompose: text('python-compose'),
    writable: text('writable') !== 'no',
    realPath: text('real') || undefined,
    disk: parseDisk(text('disk')),
    dockerDisk: parseDisk(text('docker-disk')),
  }
}

export function parseStore(sections: ReadonlyMap<string, string>): StoreSurvey {
  const { text, lines } = readers(sections)
  const releases = lines('releases').map(parseRecord)
  const current = text('current').replace(/^releases\//, '')
  return {
    releases,
    current: releases.find(release => release.id === current),
    manifest: text('manifest'),
    plan: text('plan'),
    drift: lines('drift'),
  }
}

function readers(sections: ReadonlyMap<string, string>) {
  const text = (name: string) => sections.get(name)?.trim() ?? ''
  return { text, lines: (name: string) => text(name).split('\n').filter(Boolean) }
}

/** A line of POSIX `df -Pk`: file system, size, used, free, capacity, mount point. */
function parseDisk(line: string): Disk | undefined {
  const fields = /\s(\d+)\s+(\d+)\s+(\d+)\s+(?:\d+%|-)\s/.exec(line)
  if (fields === null) return undefined
  return { sizeBytes: Number(fields[1]) * 1_024, freeBytes: Number(fields[3]) * 1_024 }
}
