export type FailureCode =
  | 'docker-denied'
  | 'docker-down'
  | 'no-space'
  | 'rate-limit'
  | 'wrong-platform'
  | 'login-refused'
  | 'image-missing'
  | 'plain-http'
  | 'certificate'
  | 'registry-unreachable'
  | 'port-taken'
  | 'networks-exhausted'
  | 'name-taken'
  | 'mount-missing'
  | 'mount-mismatch'
  | 'command-missing'
  | 'external-missing'
  | 'dependency-failed'
  | 'variable-missing'
  | 'image-name'
  | 'compose-file'

/** A failure of Docker or Compose in words that help. */
export interface Failure {
  readonly code: FailureCode
  readonly title: string
  readonly message: string
  readonly next: string
}

interface Rule {
  readonly code: FailureCode
  readonly pattern: RegExp
  readonly title: string
  /** Told what the pattern caught, empty texts left out, and the whole text. */
  readonly message: (caught: readonly string[], said: string) => string
  readonly next: string
}

/** Recognises what Docker or Compose said on a failure; undefined when nobody met it before. The first rule that fits counts. */
export function readFailure(text: string): Failure | undefined {
  const said = withoutNoise(text)
  for (const { code, pattern, title, message, next } of rules) {
    const match = pattern.exec(said)
    if (match === null) continue
    return { code, title, message: message(match.slice(1).filter(Boolean), said), next }
  }
  return undefined
}

/** What Docker and Compose say without progress and warnings, each line once: Compose 5 prints the cause of a failure twice. */
export function withoutNoise(text: string): string {
  const isNoise = (line: string) =>
    /^time=".*level=(warning|info)/.test(line) ||
    /^ \S+ \S+\s+[A-Z][a-z]+ed\s*$/.test(line) ||
    /^ (?:Container|Network|Volume|Image) \S+\s+(?:[A-Z][a-z]+ing|Healthy)\s*$/.test(line)
  const lines = text.split('\n').filter(line => !isNoise(line))
  return [...new Set(lines)].join('\n').trim()
}

/** The registry that a text is about: the host of the URL in it, or of the address. */
function registryOf(said: string): string {
  const found = /https?:\/\/([^/\s"]+)/.exec(said) ?? /lookup (\S+)/.exec(said) ?? /dial tcp (\S+?):? /.exec(said)
  return found?.[1] ?? 'The registry'
}

const rules: readonly Rule[] = [
  {
    code: 'docker-denied',
    pattern: /permission denied while trying to connect to the docker/i,
    title: 'No permission to use Docker',
    message: () => 'The login user has no permission to use the Docker socket.',
    next: 'Add the user to the group docker on the server (sudo usermod -aG docker USER), or log in as another user.',
  },
  {
    code: 'docker-down',
    pattern: /cannot connect to the docker daemon|failed to connect to the docker api/i,
    title: 'The Docker engine does not respond',
    message: () => 'The Docker engine does not run on the server, or not where the docker command looks for it.',
    next: 'Start it on the server: sudo systemctl start docker. Its log: sudo journalctl -u docker.',
  },
  {
    code: 'no-space',
    pattern: /no space left on device/i,
    title: "The server's disk is full",
    message: () => "There was no space left on the server's disk.",
    next: 'Find what fills it (df -h; docker system df), then free some space: docker image prune, docker builder prune, old logs.',
  },
  {
    code: 'rate-limit',
    pattern: /toomanyrequests|429 too many requests|pull rate limit/i,
    title: 'The registry limits the number of pulls',
    message: (_, said) => `${registryOf(said)} refused the pull because there were too many.`,
    next: 'Set `registry-username` and `registry-password`: registries allow more pulls with an account. Or wait.',
  },
  {
    code: 'wrong-platform',
    pattern: /no matching manifest for ([\w/]+)|no match for platform|specified platform: wanted ([\w/]+)/i,
    title: "The image is not built for the server's processor",
    message: ([platform = "the server's processor"]) => `The image has no variant for ${platform}.`,
    next: 'Build it for this platform too: `platforms: linux/amd64,linux/arm64` of docker/build-push-action.',
  },
  {
    code: 'login-refused',
    pattern:
      /unauthorized|no basic auth credentials|pull access denied for ([^\s,]+)|authentication required|incorrect username or password|403 forbidden|(?<!permission )\bdenied\b/i,
    title: 'The registry refused access',
    message: ([repository], said) =>
      repository === undefined
        ? `${registryOf(said)} refused access: the login is missing, wrong, or has no permission to read this image.`
        : `The registry refused access to ${repository}: it does not exist, or the login is missing, wrong or has no permission to read it.`,
    next: "Check `registry`, `registry-username` and `registry-password`, the token's expiry, and its permission to read this image.",
  },
  {
    code: 'image-missing',
    pattern:
      /manifest for (\S+) not found|failed to resolve reference "([^"]+)".*not found|no such image: (\S+)|manifest unknown|name unknown/i,
    title: 'The image does not exist',
    message: ([image = 'the image']) => `There is no ${image}: no such tag, or no such repository.`,
    next: 'Check that the build pushed exactly this tag to this registry, and that the compose file names it.',
  },
  {
    code: 'plain-http',
    pattern: /server gave HTTP response to HTTPS client/i,
    title: 'The registry does not use HTTPS',
    message: (_, said) => `${registryOf(said)} responded with HTTP instead of HTTPS.`,
    next: "Install a certificate on the registry, or add it to insecure-registries in the server's /etc/docker/daemon.json.",
  },
  {
    code: 'certificate',
    pattern: /x509: ([^\n]+)/i,
    title: "The registry's certificate is not trusted",
    message: ([why = ''], said) => `The certificate of ${registryOf(said)} was not accepted: ${why}.`,
    next: 'Renew it; for a certificate authority of your own, put its certificate into /etc/docker/certs.d/REGISTRY/ca.crt on the server.',
  },
  {
    code: 'registry-unreachable',
    pattern:
      /(no such host|server misbehaving|connection refused|i\/o timeout|network is unreachable|no route to host|client\.timeout exceeded|tls handshake timeout|context deadline exceeded|connection reset by peer|transport connection broken|no end after \d+ s|(?:status(?: code)?|request to \S+):? 5\d\d[^\n]*)/i,
    title: 'The registry cannot be reached',
    message: ([why = ''], said) => `${registryOf(said)} did not respond to the server as expected: ${why}.`,
    next: 'Check that the registry is up, and that the server can reach it: curl -sI https://REGISTRY/v2/ on the server.',
  },
  {
    code: 'port-taken',
    pattern:
      /bind for (\S+) failed: port is already allocated|listen \w+ (\S+): bind: address already in use|exposing port \w+ (\S+)|bind host port (?:for )?((?:\[[^\]]*\]|[\d.]+):\d+)\S*: address already in use/i,
    title: 'A port is already in use',
    message: ([address = 'A published port']) => `${address} of the server is used by another container or program.`,
    next: 'Find what uses it (docker ps; sudo ss -ltnp), then stop that or publish another port.',
  },
  {
    code: 'networks-exhausted',
    pattern: /non-overlapping IPv4 address pool|predefined address pools have been fully subnetted/i,
    title: 'Docker has no address range left for a network',
    message: () => 'All address ranges that Docker may use for networks are taken on the server.',
    next: 'Remove unused ones (docker network prune), or widen default-address-pools in /etc/docker/daemon.json.',
  },
  {
    code: 'name-taken',
    pattern: /the container name "\/?([^"]+)" is already in use/i,
    title: "A container's name is already in use",
    message: ([name = '']) =>
      `Another container has the name ${name}. It belongs to another project, or was left behind by an interrupted \`docker compose up\`.`,
    next: 'Inspect it (docker ps -a), and remove it (docker rm) if nothing needs it.',
  },
  {
    code: 'mount-missing',
    pattern: /bind source path does not exist: (\S+)/i,
    title: 'A mounted path does not exist',
    message: ([path = '']) => `${path}, which the compose file mounts, is not on the server.`,
    next: 'Add it to `files`, so that the deploy uploads it.',
  },
  {
    code: 'mount-mismatch',
    pattern: /error mounting "([^"]+)"[^\n]*?rootfs at "([^"]+)"|mount a directory onto a file/i,
    title: 'A file and a directory cannot be mounted on each other',
    message: ([path = 'A path', place = 'its place in the container']) =>
      `${path} cannot be mounted at ${place}: one is a file, the other a directory.`,
    next: 'Docker makes a directory where a mounted file is missing: remove that directory on the server, and add the file to `files`.',
  },
  {
    code: 'command-missing',
    pattern: /exec: "([^"]+)": ([^\n]*)|exec format error/i,
    title: 'A container cannot be started',
    message: ([command, why = '']) =>
      command === undefined
        ? "The image's program is for another processor, or a script without #! in its first line."
        : `The command ${command} cannot be run in the container: ${why.replace(/: unknown$/, '')}.`,
    next: "Check the service's `command` and `entrypoint`, and the image's.",
  },
  {
    code: 'external-missing',
    pattern: /(network \S+) (?:declared as external|not found)|external (volume "[^"]+") not found/i,
    title: 'An external network or volume does not exist',
    message: ([what = '']) => `The compose file expects the ${what} to exist, but the server does not have it.`,
    next: 'Create it once on the server (docker network create, docker volume create), or drop `external: true`.',
  },
  {
    code: 'dependency-failed',
    pattern: /dependency failed to start: ([^\n]+)|(service "[^"]+" didn't complete successfully: exit \d+)/i,
    title: 'A service that others depend on did not start',
    message: ([what = '']) => `Other services wait for it: ${what}.`,
    next: 'Read its last log lines, and correct the cause.',
  },
  {
    code: 'variable-missing',
    pattern: /required variable (\S+) is missing a value(?:: ([^\n]+))?/i,
    title: 'A variable is missing',
    message: ([name = '', why]) => `The compose file needs ${name}${why === undefined ? '' : ` (${why})`}.`,
    next: 'Set it in `env`, `env-names` or `env-file`.',
  },
  {
    code: 'image-name',
    pattern: /unable to get image '([^']*)'[^\n]*invalid reference|invalid reference format/i,
    title: 'The name of an image is wrong',
    message: ([image = 'An image']) => `${image} is not a valid image reference.`,
    next: 'A variable in it may be empty: set it in `env`. Names of images have no capital letters and no spaces.',
  },
  {
    code: 'compose-file',
    pattern:
      /^(?:validating |yaml: |go-yaml |compose file ")|error while interpolating|invalid interpolation format|invalid compose project|env file \S+ not found|no configuration file provided|additional propert|top-level object must be|open \S+\.ya?ml: no such file/im,
    title: 'The compose file is invalid',
    message: (_, said) => said,
    next: 'Correct it, and try it with `docker compose config` on your own machine.',
  },
]
