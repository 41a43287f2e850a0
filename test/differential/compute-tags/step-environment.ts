import { readActionMetadata } from '@deploy-actions/build/action-metadata'
import { actionFolder } from '@deploy-actions/build/workspace'
import type { Case } from './cases.ts'

/** What differs from one run of a case to another. */
export interface Place {
  readonly apiUrl: string
  readonly eventPath: string
  readonly temp: string
}

/** A case as the runner tells it to a step: variables and inputs. */
export function stepEnvironment(subject: Case, { apiUrl, eventPath, temp }: Place): Record<string, string> {
  return {
    // The zone of the machine, for dates in a zone that there is not.
    TZ: 'America/New_York',
    LANG: 'C.UTF-8',
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'harbour-lane/tidewater',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: apiUrl,
    GITHUB_EVENT_NAME: subject.event,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_REF: subject.ref,
    GITHUB_SHA: subject.sha,
    GITHUB_HEAD_REF: subject.headRef ?? '',
    GITHUB_WORKFLOW: 'image',
    GITHUB_ACTION: 'meta',
    GITHUB_ACTOR: 'mira-okafor',
    GITHUB_JOB: 'build',
    GITHUB_RUN_ID: '9120044',
    GITHUB_RUN_NUMBER: '512',
    GITHUB_RUN_ATTEMPT: '1',
    RUNNER_TEMP: temp,
    ...asInputs({ ...defaults(), 'github-token': 'ghs_notarealtoken', ...subject.inputs }),
    ...subject.env,
  }
}

/** Those of our action.yml; docker/metadata-action looks at the ones that it has. */
function defaults(): Record<string, string> {
  const { inputs } = readActionMetadata(actionFolder('compute-tags'))
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default ?? '']))
}

function asInputs(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))
}
