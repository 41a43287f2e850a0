import { isAlive } from './containers.ts'
import { findImage } from './images.ts'
import { familiar, repositoryOf, tagOf } from './references.ts'
import { type StubContainer, type StubImage, type StubState, ZERO_TIME } from './state.ts'

/** What `docker container inspect` knows. `ID` is for templates only, as in Docker. */
export function containerView(container: StubContainer) {
  const view = {
    Id: container.id,
    Created: container.created,
    State: stateView(container),
    Image: container.imageId,
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    HostConfig: {
      NetworkMode: container.networkMode,
      RestartPolicy: container.restartPolicy,
      AutoRemove: container.autoRemove,
    },
    Mounts: container.mounts.map(mount => ({
      Type: mount.type,
      Name: mount.name ?? '',
      Source: mount.source,
      Destination: mount.target,
      RW: !mount.readOnly,
    })),
    Config: {
      Image: container.imageRef,
      Labels: container.labels,
      Entrypoint: container.entrypoint,
      Cmd: container.command,
    },
    NetworkSettings: {
      Networks: Object.fromEntries(container.networks.map((name, index) => [name, networkView(container, index)])),
    },
  }
  Object.defineProperty(view, 'ID', { value: container.id })
  return view
}

function stateView(container: StubContainer) {
  const { status, health } = container
  return {
    Status: status,
    Running: isAlive(container),
    Paused: false,
    Restarting: status === 'restarting',
    OOMKilled: false,
    Dead: false,
    Pid: status === 'running' ? 1_000 + container.order : 0,
    ExitCode: container.exitCode,
    Error: container.error,
    StartedAt: container.startedAt,
    FinishedAt: container.finishedAt,
    // Null before the first start.
    Health: health === null ? null : healthView(container, health),
  }
}

function healthView(container: StubContainer, status: string) {
  const failed = status === 'unhealthy' && isAlive(container)
  const probe = {
    Start: container.startedAt,
    End: container.startedAt,
    ExitCode: failed ? 1 : 0,
    Output: failed ? 'the probe failed' : '',
  }
  return { Status: status, FailingStreak: failed ? 3 : 0, Log: status === 'starting' ? [] : [probe] }
}

function networkView(container: StubContainer, index: number) {
  const isConnected = container.status === 'running'
  return {
    IPAddress: isConnected ? `172.${18 + index}.0.${2 + (container.order % 250)}` : '',
    GlobalIPv6Address: '',
  }
}

/** A line of `docker ps`. */
export function containerRow(state: StubState, container: StubContainer, isFull: boolean) {
  // The name that it was created from, as long as that means the same image.
  const image = findImage(state, container.imageRef)?.id === container.imageId ? container.imageRef : container.imageId
  return {
    ID: isFull ? container.id : container.id.slice(0, 12),
    Names: container.name,
    Image: isFull || image !== container.imageId ? image : shortId(image),
    State: container.status,
    Status: statusText(container),
    Labels: Object.entries(container.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    Label: (name: unknown) => container.labels[String(name)] ?? '',
    Networks: container.networks.join(','),
    Mounts: container.mounts.map(mount => mount.name ?? mount.source).join(','),
  }
}

function shortId(id: string): string {
  return id.replace('sha256:', '').slice(0, 12)
}

function statusText(container: StubContainer): string {
  const { status, health, exitCode } = container
  if (status === 'created') return 'Created'
  if (status === 'exited') return `Exited (${exitCode}) ${ago(container.finishedAt)} ago`
  if (status === 'restarting') return `Restarting (${exitCode}) ${ago(container.finishedAt)} ago`
  const checked = health === null ? '' : health === 'starting' ? ' (health: starting)' : ` (${health})`
  return `Up ${ago(container.startedAt)}${checked}`
}

function ago(time: string): string {
  const seconds = time === ZERO_TIME ? 0 : Math.floor((Date.now() - Date.parse(time)) / 1_000)
  return seconds < 1 ? 'Less than a second' : seconds === 1 ? '1 second' : `${seconds} seconds`
}

/** What `docker image inspect` knows. */
export function imageView(image: StubImage) {
  const view = {
    Id: image.id,
    RepoTags: image.tags.map(familiar),
    RepoDigests: image.digests.map(familiar),
    Created: image.created,
    Config: {
      Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
      Volumes: image.volumes.length === 0 ? null : Object.fromEntries(image.volumes.map(path => [path, {}])),
    },
    Architecture: 'amd64',
    Os: 'linux',
    Size: 1_000_000,
  }
  Object.defineProperty(view, 'ID', { value: image.id })
  return view
}

/** The lines of `docker images`: one for each tag; one of a name without a tag for an image that has none. */
export function imageRows(image: StubImage, isFull: boolean) {
  const row = {
    ID: isFull ? image.id : shortId(image.id),
    CreatedAt: image.created,
    Size: '1MB',
  }
  const digestOf = (repository: string) =>
    image.digests.find(digest => repositoryOf(digest) === repository)?.split('@')[1] ?? '<none>'
  const tagged = image.tags.map(tag => ({
    ...row,
    Repository: familiar(repositoryOf(tag)),
    Tag: tagOf(tag),
    Digest: digestOf(repositoryOf(tag)),
  }))
  if (tagged.length > 0) return tagged
  const [digest] = image.digests
  const repository = digest === undefined ? '<none>' : familiar(repositoryOf(digest))
  return [{ ...row, Repository: repository, Tag: '<none>', Digest: digest?.split('@')[1] ?? '<none>' }]
}

export function versionView(state: StubState) {
  return {
    Client: { Version: state.clientVersion, Os: 'linux', Arch: 'amd64' },
    Server: {
      Version: state.serverVersion,
      Os: 'linux',
      Arch: 'amd64',
      APIVersion: '1.45',
      Components: [{ Name: 'Engine', Version: state.serverVersion }],
    },
  }
}

export function infoView(state: StubState) {
  return {
    ID: state.engineId,
    DockerRootDir: state.dockerRootDir,
    ServerVersion: state.serverVersion,
    Driver: 'overlay2',
    OSType: 'linux',
    Architecture: 'x86_64',
    Name: 'stub',
  }
}
