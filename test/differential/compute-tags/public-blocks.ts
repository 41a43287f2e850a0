import { type EventName, type RunEvent, tag } from './events.ts'

/** The rules of one `with:` block, and the runs that it was written for. */
export interface PublicBlock {
  readonly tags: string
  readonly flavor?: string
  readonly labels?: string
  readonly runs: readonly (EventName | RunEvent)[]
  /** The tags of its one run where docker/metadata-action has `latest` a second time after them. */
  readonly once?: readonly string[]
}

const V1 = tag('v1.2.3')
const PRE = tag('v2.0.0-beta.1')
const join = (...lines: string[]) => lines.join('\n')
const semver = (...patterns: string[]) => patterns.map(pattern => `type=semver,pattern=${pattern}`).join('\n')
const THREE = semver('{{version}}', '{{major}}.{{minor}}', '{{major}}')
const TWO = semver('{{version}}', '{{major}}.{{minor}}')
const BRANCH = 'type=ref,event=branch'
const PULL = 'type=ref,event=pr'
const BRANCH_AND_PULL = join(BRANCH, PULL)
const LATEST_ON_DEFAULT = 'type=raw,value=latest,enable={{is_default_branch}}'

/**
 * The rules that `with:` blocks of docker/metadata-action in public repositories have, as a source index shows them. What the runner
 * fills in (`${{ }}`) has the value of one such run; images are this test's own.
 */
export const PUBLIC_BLOCKS: readonly PublicBlock[] = [
  { tags: join('type=raw,value=latest,enable=false', 'type=sha,format=short'), runs: ['main'] },
  { tags: join(BRANCH_AND_PULL, 'type=sha'), runs: ['pull request'] },
  { tags: join(BRANCH_AND_PULL, TWO, 'type=sha,prefix={{branch}}-'), runs: ['develop'] },
  { tags: join(BRANCH_AND_PULL, 'type=sha,prefix=', 'type=raw,value=latest,enable=true'), runs: ['main'] },
  { tags: 'type=sha,prefix=', runs: [V1] },
  { tags: join(BRANCH_AND_PULL, 'type=sha,prefix={{branch}}-', LATEST_ON_DEFAULT), runs: ['main'] },
  { tags: join(BRANCH, semver('v{{version}}', '{{major}}.{{minor}}')), runs: [V1, 'develop'] },
  {
    tags: join(
      semver('{{version}}'),
      'type=raw,value=latest,enable=false',
      "type=raw,value={{date 'YYYYMMDD'}}-{{sha}},enable=true",
      'type=raw,value=dev,enable=true',
    ),
    runs: ['main'],
  },
  {
    tags: join(
      BRANCH,
      'type=sha,prefix={{branch}}-',
      'type=raw,value=latest',
      'type=raw,value=r4.3.1',
      "type=raw,value={{date 'YYYY-MM-DD'}}",
    ),
    labels: join(
      'org.opencontainers.image.title=Research Environment',
      'org.opencontainers.image.description=Automated team image',
      'research.tools.r-version=4.3.1',
    ),
    runs: ['main'],
  },
  {
    tags: join(
      BRANCH_AND_PULL,
      'type=sha,prefix={{branch}}-',
      LATEST_ON_DEFAULT,
      "type=raw,value={{date 'YYYYMMDD-HHmmss'}}",
    ),
    runs: ['develop'],
  },
  {
    tags: join("type=raw,value={{date 'YYYYMMDDHHmmss'}}-{{sha}},enable={{is_default_branch}}", 'type=sha'),
    runs: ['main', 'develop'],
  },
  {
    tags: join(
      'type=raw,value=latest,enable=true',
      "type=raw,value={{date 'YYYY-MM-DD'}},enable=true",
      TWO,
      'type=sha,prefix=sha-,format=short',
    ),
    flavor: 'latest=false',
    runs: ['schedule'],
  },
  {
    tags: join(
      'type=semver,pattern={{major}}.{{minor}},value=v1.4.0',
      'type=semver,pattern={{major}},value=v1.4.0',
      "type=sha,prefix={{date 'YYYYMMDD'}}-",
      'type=sha,format=long',
      BRANCH_AND_PULL,
      "type=raw,value={{date 'YYYYMMDD'}}-{{sha}}",
    ),
    flavor: 'latest=true',
    runs: ['main'],
  },
  { tags: "type=raw,value={{date 'YYYYMMDD-hhmm'}}", runs: ['master'] },
  {
    tags: join('type=match,pattern=tedrisat-v(.+),group=1', 'type=raw,value=latest,enable=true', 'type=sha'),
    runs: [tag('tedrisat-v0.1.5')],
    once: ['0.1.5', 'latest', 'sha-9a70e3b'],
  },
  {
    tags: join(
      'type=match,pattern=^v?\\d+\\.\\d+\\.\\d+-(alpha|beta)(?:\\.|$),group=1,value=v2.0.0-beta.1',
      'type=raw,value=latest,enable=false',
    ),
    flavor: 'latest=false',
    runs: [PRE],
  },
  { tags: 'type=match,pattern=v(.*),group=1,value=vlatest', runs: ['main'], once: ['latest'] },
  { tags: join('type=match,pattern=safe-v(.*),group=1', 'type=sha,prefix=sha-'), runs: [tag('safe-v1.4.0')] },
  { tags: join('type=match,pattern=orchestrator-v(.*),group=1', 'type=sha'), runs: [tag('builder-v0.3.0')] },
  { tags: 'type=match,pattern=new-version-v(.*),group=1', runs: [tag('new-version-v1.0.2')] },
  {
    tags: join(
      'type=edge,branch=master',
      'type=sha',
      'type=match,pattern=competence-v(.*),group=1',
      'type=raw,value=latest,enable=true',
    ),
    runs: [tag('competence-v3.1.0')],
    once: ['3.1.0', 'latest', 'sha-9a70e3b'],
  },
  {
    tags: join(
      'type=match,pattern=landing-web-v(.+),group=1',
      'type=raw,value=latest,enable=false',
      'type=sha',
      'type=raw,value=stable,enable=true',
    ),
    runs: [tag('landing-web-v0.9.1')],
  },
  { tags: join("type=schedule,pattern={{date 'YYYY-MM-DD'}}", 'type=raw,value=latest'), runs: ['schedule', 'master'] },
  { tags: join("type=schedule,pattern={{date 'YYYYMMDD'}}", LATEST_ON_DEFAULT), runs: ['schedule'] },
  {
    tags: join("type=schedule,pattern={{date 'YYYYMMDD'}},prefix=nightly-", 'type=raw,value=latest'),
    flavor: 'latest=false',
    runs: ['schedule'],
  },
  {
    tags: join(
      "type=schedule,pattern={{date 'YYYYMMDD'}}",
      BRANCH_AND_PULL,
      'type=sha',
      'type=raw,value=latest,enable=true',
      'type=raw,value=26101409',
    ),
    runs: ['manual run'],
  },
  {
    tags: join(PULL, THREE, 'type=sha,prefix=,format=short', 'type=schedule,pattern=nightly', LATEST_ON_DEFAULT),
    labels: join('org.opencontainers.image.title=recsys', 'org.opencontainers.image.vendor=Company', 'maintainer=ml'),
    runs: [V1, 'pull request'],
  },
  {
    tags: join(TWO, 'type=sha,prefix=', 'type=raw,value=latest,enable=false'),
    flavor: 'latest=false\nsuffix=-cuda,onlatest=true',
    runs: [V1],
  },
  {
    tags: join(LATEST_ON_DEFAULT, semver('{{version}}'), 'type=ref,event=tag'),
    flavor: 'suffix=-arm64,onlatest=true',
    runs: [V1, 'main'],
  },
  { tags: THREE, flavor: 'prefix=scratch-,onlatest=true', runs: [V1, PRE] },
  { tags: join(TWO, 'type=raw,value=alpine,suffix='), flavor: 'suffix=-alpine,onlatest=true', runs: [V1] },
  {
    tags: join(THREE, 'type=raw,value=dev,priority=650', BRANCH),
    flavor: 'suffix=-slim,onlatest=true',
    runs: ['develop'],
  },
  {
    tags: join(
      'type=pep440,pattern={{raw}},enable=true',
      "type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='UTC'}}",
      BRANCH_AND_PULL,
      semver('{{version}}', '{{major}}.{{minor}}.{{patch}}'),
    ),
    runs: [V1],
  },
  { tags: 'type=pep440,pattern={{version}}', flavor: 'latest=auto', runs: [tag('8.2.3')] },
  {
    tags: join(
      'type=pep440,pattern={{version}}',
      'type=pep440,pattern={{major}}.{{minor}}',
      'type=pep440,pattern={{major}}',
    ),
    runs: [tag('1.2.3rc1'), tag('v2024.11.0.post1')],
  },
  {
    tags: join(
      'type=pep440,pattern={{version}}',
      'type=pep440,pattern={{major}}.{{minor}},enable=false',
      'type=raw,value=latest,enable=false',
    ),
    runs: [tag('0.1.5a2')],
  },
  { tags: join('type=edge,branch=master', 'type=sha,prefix=edge-,format=short'), runs: ['master'] },
  { tags: join('type=sha', 'type=edge,branch=main'), runs: ['main', 'develop'] },
  { tags: join('type=semver,pattern={{version}},value=1.2.3', 'type=sha'), runs: ['main'] },
  { tags: join('type=sha,format=long', 'type=edge,branch=main'), flavor: 'latest=auto', runs: ['main'] },
  {
    tags: join('type=edge,branch=main', THREE, 'type=sha,format=short'),
    flavor: 'latest=auto',
    runs: [V1],
  },
  {
    tags: join(
      'type=match,pattern=platform-v(\\d+\\.\\d+\\.\\d+),group=1',
      'type=match,pattern=platform-v(\\d+\\.\\d+),group=1',
      'type=match,pattern=platform-v(\\d+),group=1',
      THREE,
      'type=edge,branch=main',
    ),
    runs: [tag('platform-v1.6.2')],
  },
  { tags: 'type=sha,format=long', runs: ['manual run'] },
  {
    tags: join('type=sha,format=long', BRANCH, semver('{{version}}')),
    labels: join('org.opencontainers.image.licenses=Apache-2.0', 'org.opencontainers.image.vendor=acme'),
    runs: [V1],
  },
  { tags: join(semver('{{version}}'), 'type=sha,format=long'), runs: [V1] },
  { tags: join(BRANCH, 'type=ref,event=tag', 'type=sha,format=long'), runs: [V1] },
  { tags: 'type=sha,format=long,prefix=', runs: ['main'] },
  { tags: join(semver('v{{version}}'), 'type=raw,value=latest'), runs: [V1], once: ['v1.2.3', 'latest'] },
  {
    tags: join(LATEST_ON_DEFAULT, 'type=sha,prefix=sha-', semver('v{{version}}', 'v{{major}}.{{minor}}', 'v{{major}}')),
    runs: [V1],
  },
  {
    tags: join(
      semver('{{version}}', 'v{{major}}.{{minor}}', 'v{{major}}'),
      'type=raw,value=latest,enable=true',
      'type=raw,value=master,enable={{is_default_branch}}',
    ),
    runs: [V1],
    once: ['1.2.3', 'v1.2', 'v1', 'latest'],
  },
  {
    tags: join(semver('v{{version}}'), TWO, 'type=sha,format=short,length=8'),
    runs: [V1],
  },
  { tags: join(semver('{{raw}}', 'v{{major}}.{{minor}}', 'v{{major}}'), LATEST_ON_DEFAULT), runs: [V1, PRE] },
  {
    tags: join(
      BRANCH,
      'type=semver,pattern=v{{version}},value=v1.2.3',
      'type=sha',
      'type=raw,value=latest,enable=true',
      'type=semver,pattern=v{{major}}.{{minor}},value=v1.2.3,enable=true',
      'type=semver,pattern=v{{major}},value=v1.2.3,enable=true',
    ),
    runs: ['main'],
    once: ['v1.2.3', 'v1.2', 'v1', 'main', 'latest', 'sha-4f1c2ad'],
  },
  { tags: join('type=edge,branch=main', semver('{{version}}', 'v{{version}}')), runs: [PRE] },
  { tags: join(semver('v{{version}}-amd64'), 'type=raw,value=latest-amd64'), runs: [V1] },
  {
    tags: join(
      semver('v{{version}}', 'v{{major}}.{{minor}}', 'v{{major}}'),
      'type=raw,value=latest,enable=true',
      'type=sha,prefix=main-,enable=false',
    ),
    runs: [V1],
    once: ['v1.2.3', 'v1.2', 'v1', 'latest'],
  },
  { tags: join('type=raw,value=local', 'type=sha'), runs: ['main'] },
  { tags: 'type=ref,event=pr,prefix=pr-', runs: ['pull request'] },
  {
    tags: join(
      'type=raw,value=stable,enable=true',
      "type=raw,value=stable.{{date 'YYYYMMDD'}},enable=true",
      "type=raw,value={{date 'YYYYMMDD'}},enable=true",
    ),
    labels: "org.opencontainers.image.version=stable.{{date 'YYYYMMDD'}}",
    runs: ['main'],
  },
  { tags: "type=raw,suffix=-{{date('YYYY-MM-DD')}}{{sha}}", runs: ['main'] },
  { tags: "type=raw,value={{date('YYYY-MM-DD')}}-{{sha}}", runs: ['main'] },
  { tags: join('type=sha,prefix=,suffix=,format=short', semver('v{{version}}')), runs: ['main'] },
]
