import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import {
  activate,
  epochOf,
  finish,
  installProgram,
  must,
  open,
  rollback,
  rollbackScript,
  stageUpload,
  store,
  verb,
} from './program.ts'
import { type TestRelease, writeTree } from './release.ts'
import type { CommandOf, Scenario } from './scenario.ts'
import {
  NEW_SERVICES,
  NEW_TREE,
  OLD_SERVICES,
  OLD_TREE,
  type ReleaseTree,
  SMALL_NEW,
  SMALL_NEW_SERVICES,
  SMALL_OLD,
  SMALL_OLD_SERVICES,
  TEAMS_OWN,
} from './trees.ts'
import type { World } from './world.ts'

/** The empty project before a first deploy, which is a rollback target too. */
const EMPTY: TestRelease = { id: 'r0', tree: {}, services: {}, env: 'none' }
const OLD: TestRelease = { id: 'r1', tree: OLD_TREE, services: OLD_SERVICES, env: { text: 'COLOR=red\nONLY_OLD=1\n' } }
const NEW: TestRelease = { id: 'r2', tree: NEW_TREE, services: NEW_SERVICES, env: { text: 'COLOR=blue\nONLY_NEW=1\n' } }
const small = (
  id: string,
  tree: ReleaseTree,
  services: Readonly<Record<string, string>>,
  env: TestRelease['env'],
): TestRelease => ({
  id,
  tree,
  services,
  env,
})

const stored = async (world: World, release: TestRelease) => {
  stageUpload(world.server, release)
  await must(world.server, store(world.server, release, world.imageId))
}

const confirmed = async (world: World, release: TestRelease, before: TestRelease) => {
  await stored(world, release)
  await must(world.server, activate(world.server, release.id, before.id))
  await must(world.server, finish(world.server, release.id, 'confirmed'))
}

/** A server on which nothing was deployed yet: the team's own files, and the empty state on record. */
const prepared = (world: World) =>
  world.once('prepared', async () => {
    const { server } = world
    installProgram(server)
    writeTree(server.project, TEAMS_OWN)
    await must(server, open(server))
    await stored(world, EMPTY)
  })

/** A project that was deployed once. */
const deployed = (world: World, old: TestRelease) =>
  world.once(`deployed-${templateOf(old)}`, async () => {
    await prepared(world)
    await confirmed(world, old, EMPTY)
  })

/** The next release is in the store. */
const uploaded = (world: World, old: TestRelease, fresh: TestRelease) =>
  world.once(`uploaded-${templateOf(old)}-${templateOf(fresh)}`, async () => {
    await deployed(world, old)
    await stored(world, fresh)
    await must(world.server, open(world.server))
  })

/** The next release was started, and nothing was decided yet. */
const started = (world: World) =>
  world.once('started', async () => {
    await uploaded(world, OLD, NEW)
    await must(world.server, activate(world.server, NEW.id, OLD.id))
  })

const templateOf = (release: TestRelease): string =>
  createHash('sha256').update(JSON.stringify(release)).digest('hex').slice(0, 12)

const byPerson =
  (id: string): CommandOf =>
  ({ server }) =>
    rollbackScript(server, id)
/** What each run does first. It also removes what dead runs left in `.deploy/tmp`. */
const opening: CommandOf = ({ server }) => open(server)
const activating =
  (id: string, before: string): CommandOf =>
  ({ server }) =>
    activate(server, id, before)
const finishing =
  (id: string, phase: string): CommandOf =>
  ({ server }) =>
    finish(server, id, phase)

/** A switch from one release to another. */
const switching = (name: string, about: string, old: TestRelease, fresh: TestRelease, isCentral = false): Scenario => ({
  name,
  about,
  holds: { old, new: fresh },
  setup: world => uploaded(world, old, fresh),
  command: activating(fresh.id, old.id),
  recoveries: {
    backward: { steps: [byPerson(old.id), opening], leadsTo: 'old' },
    forward: { steps: [activating(fresh.id, old.id), opening], leadsTo: 'new' },
    // The next deploy works within one run.
    retry: {
      steps: [byPerson(old.id), opening, activating(fresh.id, old.id), opening],
      leadsTo: 'new',
      isLong: true,
    },
  },
  isCentral,
})

/** The unhealthy release `fresh` runs; the run rolls back. */
const rollingBack: Scenario = {
  name: 'rollback',
  about: 'The run rolls back from a release that it has just started.',
  holds: { old: NEW, new: OLD },
  setup: started,
  command: ({ server }) => rollback(server, OLD.id),
  recoveries: {
    again: { steps: [({ server }) => rollback(server, OLD.id), finishing(OLD.id, 'rolled-back'), opening] },
    person: { steps: [byPerson(OLD.id), opening] },
  },
  isCentral: true,
}

const byHand: Scenario = {
  name: 'rollback.sh',
  about: 'A person runs rollback.sh of the previous release on the server.',
  holds: { old: NEW, new: OLD },
  setup: async world => {
    await started(world)
    await must(world.server, finish(world.server, NEW.id, 'confirmed'))
  },
  command: byPerson(OLD.id),
  // Bookkeeping that failed is repeated by whoever acts next.
  settling: [byPerson(OLD.id), opening],
  recoveries: {
    again: { steps: [byPerson(OLD.id), opening] },
    back: { steps: [byPerson(NEW.id), opening] },
  },
  isCentral: false,
}

const finishingScenario = (phase: 'confirmed' | 'rolled-back'): Scenario => {
  const id = phase === 'confirmed' ? NEW.id : OLD.id
  return {
    name: `finish-${phase}`,
    about: `The run records that the release is ${phase}, and containers that left are removed.`,
    holds: phase === 'confirmed' ? { old: NEW, new: NEW } : { old: OLD, new: OLD },
    setup: async world => {
      await started(world)
      if (phase === 'rolled-back') await must(world.server, rollback(world.server, OLD.id))
    },
    command: finishing(id, phase),
    // Each later `finish` removes what is still on record as left.
    settling: [finishing(id, phase), opening],
    recoveries: {
      again: { steps: [finishing(id, phase), opening] },
      backward: { steps: [byPerson(OLD.id), opening] },
    },
    isCentral: false,
  }
}

const storing: Scenario = {
  name: 'store',
  about: 'A release is moved into the store.',
  holds: { old: OLD, new: OLD },
  setup: async world => {
    await deployed(world, OLD)
    stageUpload(world.server, NEW)
  },
  command: world => store(world.server, NEW, world.imageId),
  recoveries: {
    again: {
      steps: [
        opening,
        world => {
          // The next run uploads once more, into a folder of its own.
          rmSync(path.join(world.server.project, '.deploy/tmp/run.upload'), { recursive: true, force: true })
          stageUpload(world.server, NEW)
          return store(world.server, NEW, world.imageId)
        },
        opening,
      ],
    },
    backward: { steps: [byPerson(OLD.id), opening] },
  },
  isCentral: false,
}

const ADOPTED_PATHS = ['conf/app.conf', 'conf/local.conf', 'link', 'same.txt', 'bin/was-executable.sh']
const adoptFolder = (world: World) => path.join(world.server.project, '.deploy/tmp/run.adopt')
const adopting: CommandOf = world => {
  mkdirSync(adoptFolder(world), { recursive: true })
  return verb(world.server, 'adopt', [adoptFolder(world), 'shop'], `${ADOPTED_PATHS.join('\n')}\n.\ncompose.yaml\n`)
}
const adoption: Scenario = {
  name: 'adopt',
  about: 'What the server has now is copied, so that a rollback leads exactly there.',
  holds: { old: OLD, new: OLD },
  setup: world => deployed(world, OLD),
  command: adopting,
  recoveries: {
    again: { steps: [opening, adopting, opening] },
    backward: { steps: [byPerson(OLD.id), opening] },
  },
  isCentral: false,
}

const A = small('r1', SMALL_OLD, SMALL_OLD_SERVICES, { text: 'COLOR=red\n' })
const B = small('r2', SMALL_NEW, SMALL_NEW_SERVICES, { text: 'COLOR=blue\n' })
const pruning: CommandOf = ({ server }) =>
  verb(server, 'prune', [epochOf(server)], 'release r0\ntag app:deploy-1\nrelease r1\n')
const prune: Scenario = {
  name: 'prune',
  about: 'Old releases and tags are removed; those that a rollback needs stay, whoever asks.',
  holds: { old: A, new: A },
  setup: async world => {
    await deployed(world, A)
    await confirmed(world, B, A)
    await confirmed(world, { ...A, id: 'r3' }, B)
    await must(world.server, open(world.server))
  },
  command: pruning,
  recoveries: {
    again: { steps: [pruning, opening] },
    backward: { steps: [byPerson('r2'), opening] },
  },
  isCentral: false,
  removes: true,
}

const opened: Scenario = {
  name: 'open',
  about: 'A run takes the lock of a project whose last run was killed after its switch.',
  holds: { old: B, new: B },
  setup: async world => {
    await uploaded(world, A, B)
    await must(world.server, activate(world.server, 'r2', 'r1'))
  },
  command: opening,
  recoveries: {
    again: { steps: [opening] },
    backward: { steps: [byPerson('r1'), opening] },
  },
  isCentral: false,
}

export const SCENARIOS: readonly Scenario[] = [
  switching('activate', 'A run switches to a new release; everything that can differ does.', OLD, NEW, true),
  rollingBack,
  byHand,
  finishingScenario('confirmed'),
  finishingScenario('rolled-back'),
  storing,
  adoption,
  prune,
  opened,
  switching('activate-env-none', 'The new release has no .env; the old one has.', A, { ...B, env: 'none' }),
  switching('activate-env-first', 'The new release has an .env; the old one has none.', { ...A, env: 'none' }, B),
  switching(
    'activate-env-kept',
    'Both releases keep the .env of the server.',
    { ...A, env: 'kept' },
    { ...B, env: 'kept' },
  ),
  {
    ...switching('activate-first', 'The first deploy: the rollback target is the empty project.', EMPTY, B),
    setup: async world => {
      await prepared(world)
      await stored(world, B)
      await must(world.server, open(world.server))
    },
  },
]
