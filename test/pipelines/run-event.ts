import { homedir } from 'node:os'
import { join } from 'node:path'
import { runWorkflow, type WorkflowResult } from '../lab/act.ts'
import { engineAddress } from '../lab/docker.ts'
import type { Lab } from '../lab/lab.ts'
import { checkout } from '../lab/names.ts'
import { standInsFor } from '../lab/stand-ins.ts'
import type { TeamRepository } from './team-repository.ts'

export interface Event {
  readonly name: 'push' | 'workflow_dispatch'
  readonly ref: string
  readonly inputs?: Readonly<Record<string, string>>
}

export const push = (branch: string): Event => ({ name: 'push', ref: `refs/heads/${branch}` })
export const pushTag = (tag: string): Event => ({ name: 'push', ref: `refs/tags/${tag}` })
export const manualRun = (inputs: Readonly<Record<string, string>>): Event => ({
  name: 'workflow_dispatch',
  ref: 'refs/heads/main',
  inputs,
})

/** What a team has set on GitHub. */
export interface Settings {
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

export interface RunContext extends Settings {
  readonly act: string
  readonly lab: Lab
  readonly repository: TeamRepository
  /** Images that stand for official ones in a build: `node:24-alpine`, and what the lab's registry has in its place. */
  readonly baseImages: Readonly<Record<string, string>>
  /** Further variables of every step: settings that only the lab needs, none of which a workflow names. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a team's workflow for the commit that is checked out, with the actions and workflows of the release tree. */
export async function runEvent(context: RunContext, event: Event): Promise<WorkflowResult> {
  const { act, lab, repository, vars, secrets, baseImages, env } = context
  const [login = '', name = ''] = repository.fullName.split('/')
  const result = await runWorkflow({
    act,
    repository: repository.folder,
    workflow: repository.workflow,
    event: event.name,
    payload: {
      ref: event.ref,
      inputs: event.inputs ?? {},
      repository: {
        ...{ name, full_name: repository.fullName, owner: { login }, default_branch: 'main' },
        ...{ description: name, license: null, html_url: `https://github.com/${repository.fullName}` },
      },
    },
    vars,
    secrets,
    repositories: {
      'org/actions@v1': join(checkout, 'release'),
      ...(await standInsFor(join(repository.folder, repository.workflow))),
      ...(await standInsFor(join(checkout, 'release/.github/workflows/build-image.yml'))),
    },
    env: {
      LAB_BUILDER: lab.builder.container,
      LAB_BASE_IMAGES: Object.entries(baseImages)
        .map(([official, image]) => `${official}=${image}`)
        .join('\n'),
      DOCKER_HOST: await engineAddress(),
      // Shared by the runs: on a hosted runner, too, packages come from near by.
      npm_config_cache: join(lab.folder, 'npm'),
      // Each run has a home folder of its own, where nothing says which registry this machine is to use.
      npm_config_userconfig: join(homedir(), '.npmrc'),
      // jest requests colours, which a runner's log has none of.
      FORCE_COLOR: '0',
      ...env,
    },
  })
  refuseSecrets(result, context)
  return result
}

/** No run shows a secret, in whatever way it ended. */
function refuseSecrets({ log, summaries, outputs }: WorkflowResult, { secrets }: Settings): void {
  // act writes what it masks; GitHub's runner writes nothing of it.
  const lines = log.split('\n').filter(line => !line.includes('"command":"add-mask"'))
  const shown = [...lines, ...summaries, JSON.stringify(outputs)].join('\n')
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.trim() !== '' && shown.includes(secret.trim())) throw new Error(`the run shows the secret ${name}`)
  }
}
