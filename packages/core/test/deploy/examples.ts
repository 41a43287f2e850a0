import { createHash } from 'node:crypto'
import { parseComposeConfig } from '@deploy-actions/core/compose/config'
import type { Candidate } from '@deploy-actions/core/deploy/candidate'
import type { Payload } from '@deploy-actions/core/deploy/payload'
import { formatChecksums } from '@deploy-actions/core/host/manifest'
import type { Release } from '@deploy-actions/core/release/record'
import type { FileDifference, ServerSurvey, StoreSurvey } from '@deploy-actions/core/release/survey'

export function server(parts: Partial<ServerSurvey> = {}): ServerSurvey {
  return {
    user: 'deploy',
    time: Date.UTC(2026, 0, 1),
    missingTools: [],
    endpoint: 'unix:///var/run/docker.sock',
    client: '',
    snapHome: undefined,
    fileSystem: 'ext2/ext3',
    engine: '26.1.5 linux/amd64',
    compose: '2.26.1',
    pythonCompose: '',
    writable: true,
    realPath: '/opt/shop',
    disk: { sizeBytes: 10e9, freeBytes: 5e9 },
    dockerDisk: { sizeBytes: 10e9, freeBytes: 5e9 },
    projects: [],
    ...parts,
  }
}

/** A store that holds a confirmed release, or nothing. */
export function store(held: Release | undefined, parts: Partial<StoreSurvey> = {}): StoreSurvey {
  const releases = held === undefined ? [] : [held]
  return {
    releases,
    damaged: [],
    ids: releases.map(({ id }) => id),
    pending: undefined,
    pendingProblem: undefined,
    held,
    heldId: held?.id,
    confirmed: held?.state === 'confirmed' ? held : undefined,
    manifest: '',
    modes: '',
    plan: '',
    differences: [],
    ...parts,
  }
}

export function payload(files: Readonly<Record<string, string>> = {}, parts: Partial<Payload> = {}): Payload {
  const entries = Object.entries({ 'compose.yaml': 'services: {}\n', ...files }).map(([path, text]) => ({
    path,
    mode: 0o644,
    size: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  }))
  return {
    root: '.',
    composeFiles: ['compose.yaml'],
    entries,
    manifest: formatChecksums(entries),
    modes: entries.map(({ path }) => `644 ${path}\n`).join(''),
    links: [],
    env: undefined,
    profiles: [],
    ...parts,
  }
}

/** What a staged release looks like; `services` is a part of a compose file as JSON. */
export function candidate(
  services: Readonly<Record<string, object>> = { web: { image: 'acme/web:v1' } },
  parts: Partial<Candidate> = {},
): Candidate {
  const config = parseComposeConfig(`${JSON.stringify({ name: 'shop', services })}\n---\nname: shop\n`)
  return {
    payload: payload(),
    config,
    directory: '/opt/shop',
    existing: new Map(),
    changes: [],
    leaving: [],
    unwritable: [],
    blocked: [],
    warnings: [],
    missing: [],
    unset: { variables: [], isInEnv: false },
    unknownProfiles: { names: [], existing: [] },
    changedResources: [],
    variables: new Map(),
    containers: [],
    images: new Map([['acme/web:v1', { id: 'sha256:v1', digests: ['acme/web@sha256:d1'] }]]),
    ...parts,
  }
}

export const different = (...paths: readonly string[]): FileDifference[] =>
  paths.map(path => ({ kind: 'changed', path }))
