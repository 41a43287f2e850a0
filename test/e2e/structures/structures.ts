/** A shape of a compose project that many public ones have, with small services in the place of the real ones. */
export interface Structure {
  /** Also the name of the project. */
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** Beside the connection; `files` is what the compose files refer to. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Lines of `.env` beside TAG. */
  readonly env?: readonly string[]
  /** What root does on the server before the first deploy. */
  readonly prepare?: string
  /** The version that fails; `sick` runs and is never healthy. */
  readonly failing?: 'sick' | 'crash'
  /** Whether `npm test` runs it too. */
  readonly isInSuite?: boolean
}

/** The image of the lab that serves HTTP and has a healthcheck: of the version to deploy, or always of the same one. */
const APP = 'registry.lab:5000/app:${TAG}'
const FIXED = 'registry.lab:5000/app:ok-v1'
const web = `image: '${APP}', restart: unless-stopped`

/** A service that runs something else from that image. A shell in it has no use for the healthcheck. */
const shell = (script: string) =>
  `image: '${FIXED}', entrypoint: [/bin/sh, -ec], command: ['export PATH=/bin; ${script.replaceAll("'", "''")}']`
const STAYS = 'trap exit TERM; busybox sleep 9999 & wait'
const job = (script: string) => `${shell(script)}, restart: 'no'`
const background = `${shell(STAYS)}, restart: always, healthcheck: { disable: true }`

export const structures: readonly Structure[] = [
  {
    name: 'one-service',
    files: { 'compose.yaml': `services: { web: { ${web}, ports: ['8080'] } }\n` },
  },
  {
    name: 'tiers',
    files: {
      'docker-compose.yml': `version: '3.8'
services:
  vote: { ${web}, networks: [front, back], depends_on: { cache: { condition: service_healthy } } }
  result: { ${web}, networks: [front, back], depends_on: { db: { condition: service_healthy } } }
  worker: { ${background}, networks: [back], depends_on: { cache: { condition: service_started }, db: { condition: service_healthy } } }
  cache: { image: '${FIXED}', networks: [back], x-deploy: { role: accessory } }
  db: { image: '${FIXED}', networks: [back], volumes: ['data:/data'], x-deploy: { role: accessory } }
networks: { front: {}, back: {} }
volumes: { data: {} }
`,
    },
  },
  {
    name: 'included',
    files: {
      'compose.yaml': `include:
  - infra/compose.yaml
  - path: [jobs/compose.yaml, jobs/compose.limits.yaml]
    project_directory: jobs
services: { web: { ${web}, depends_on: [db] } }
`,
      'infra/compose.yaml': `services: { db: { image: '${FIXED}', volumes: ['./db.conf:/db.conf:ro'] } }\n`,
      'infra/db.conf': 'size = 1\n',
      'jobs/compose.yaml': `services: { queue: { ${background}, env_file: [queue.env] } }\n`,
      'jobs/compose.limits.yaml': 'services: { queue: { pids_limit: 50 } }\n',
      'jobs/queue.env': 'THREADS=2\n',
    },
    inputs: { files: 'infra\njobs' },
  },
  {
    name: 'extended',
    files: {
      'compose.yaml': `services:
  web: { extends: { file: common/base.yaml, service: base }, environment: { ROLE: web } }
  admin: { extends: { service: web }, environment: { ROLE: admin } }
`,
      'common/base.yaml': `services: { base: { ${web}, volumes: ['./settings.conf:/settings.conf:ro'], environment: { ROLE: none } } }\n`,
      'common/settings.conf': 'colour = blue\n',
    },
    inputs: { files: 'common' },
  },
  {
    name: 'profiled',
    isInSuite: true,
    files: {
      'compose.yaml': `services:
  web: { ${web} }
  worker: { ${web}, profiles: [queue, all] }
  shell: { ${background}, profiles: [debug] }
`,
    },
    inputs: { profiles: 'queue' },
  },
  {
    name: 'migrated',
    files: {
      'compose.yaml': `services:
  db: { image: '${FIXED}', x-deploy: { role: accessory } }
  migrate: { ${job('echo done')}, depends_on: { db: { condition: service_healthy } } }
  web: { ${web}, depends_on: { migrate: { condition: service_completed_successfully }, db: { condition: service_healthy } } }
`,
    },
  },
  {
    name: 'chained-jobs',
    files: {
      'compose.yaml': `services:
  first: { ${job('busybox sleep 1')} }
  second: { ${shell('exit 0')}, restart: on-failure, depends_on: { first: { condition: service_completed_successfully } } }
  web: { ${web}, depends_on: { second: { condition: service_completed_successfully } } }
  cleanup: { ${job('exit 0')}, depends_on: { web: { condition: service_healthy } } }
`,
    },
  },
  {
    // A job that makes certificates, is waited for until its healthcheck finds them, and ends when the first node serves.
    name: 'setup-with-health',
    files: {
      'compose.yaml': `services:
  setup:
    ${`{ ${shell('echo x >/certs/ca; until busybox wget -qO /dev/null http://node1:8080/health; do busybox sleep 1; done; busybox sleep 5')}, volumes: ['certs:/certs'], healthcheck: { test: [CMD, /bin/busybox, test, -f, /certs/ca], interval: 1s, retries: 60 } }`}
  node1: { ${web}, volumes: ['certs:/certs', 'data1:/data'], depends_on: { setup: { condition: service_healthy } } }
  node2: { ${web}, volumes: ['certs:/certs', 'data2:/data'], depends_on: { node1: { condition: service_healthy } } }
volumes: { certs: {}, data1: {}, data2: {} }
`,
    },
  },
  {
    name: 'host-network',
    files: {
      'compose.yaml': `services: { web: { ${web}, network_mode: host }, none: { ${background}, network_mode: none } }\n`,
    },
  },
  {
    name: 'shared-network',
    files: {
      'compose.yaml': `services:
  vpn: { ${web}, cap_add: [NET_ADMIN] }
  client: { ${background}, network_mode: 'service:vpn', depends_on: { vpn: { condition: service_healthy, restart: true } } }
`,
    },
  },
  {
    name: 'anchors',
    files: {
      'compose.yaml': `x-logging: &logging { driver: json-file, options: { max-size: 1m, max-file: '2' } }
x-env: &env { LEVEL: info, ZONE: a }
x-app: &app
  ${`image: '${APP}'`}
  restart: unless-stopped
  logging: *logging
services:
  web: { <<: *app, environment: { <<: *env, ROLE: web } }
  api: { <<: [*app, { stop_grace_period: 2s }], environment: *env }
`,
    },
  },
  {
    name: 'overridden',
    files: {
      'compose.yaml': `services: { web: { ${web}, ports: ['8080'], environment: { A: '1' } }, dev: { ${background} } }\n`,
      'compose.prod.yaml': `services:
  web: { ports: !reset [], environment: { B: '2' }, deploy: { replicas: 2 } }
  dev: !reset null
`,
    },
    inputs: { 'compose-files': 'compose.yaml\ncompose.prod.yaml' },
  },
  {
    name: 'provided',
    isInSuite: true,
    files: {
      'compose.yaml': `services:
  web:
    ${`image: '${APP}'`}
    configs: [{ source: conf, target: /conf }, { source: inline, target: /inline, mode: 0444 }]
    secrets: [{ source: token, target: token.txt }, key]
configs: { conf: { file: ./conf/web.conf }, inline: { content: "tag = \${TAG}, literal = $\${TAG}" } }
secrets: { token: { environment: API_TOKEN }, key: { file: ./conf/key.txt } }
`,
      'conf/web.conf': 'colour = blue\n',
      'conf/key.txt': 'example\n',
    },
    inputs: { files: 'conf' },
    env: ['API_TOKEN=example-token-1'],
  },
  {
    name: 'env-files',
    isInSuite: true,
    files: {
      'compose.yaml': `services: { web: { ${web}, env_file: [{ path: ./default.env }, { path: ./override.env, required: false }, .env] } }\n`,
      'default.env': "LEVEL=info\nPRICE='$5'\n",
    },
    inputs: { files: 'default.env' },
  },
  {
    name: 'no-health',
    failing: 'crash',
    files: {
      'compose.yaml': `services:
  web: { ${web}, healthcheck: { disable: true } }
  api: { ${web}, healthcheck: { test: [NONE] } }
`,
    },
  },
  {
    name: 'optional-dependency',
    files: {
      'compose.yaml': `services:
  db: { image: '${FIXED}' }
  metrics: { ${background}, profiles: [metrics] }
  web: { ${web}, depends_on: { db: { condition: service_healthy, restart: true }, metrics: { condition: service_started, required: false } } }
`,
    },
  },
  {
    name: 'hardened',
    files: {
      'compose.yaml': `services:
  web:
    ${`image: '${APP}'`}
    init: true
    read_only: true
    tmpfs: [/tmp, '/www:size=1m']
    cap_drop: [ALL]
    security_opt: ['no-new-privileges:true']
    shm_size: 16mb
    ulimits: { nofile: { soft: 1024, hard: 2048 } }
    volumes: [{ type: tmpfs, target: /scratch, tmpfs: { size: 65536 } }]
`,
    },
  },
  {
    name: 'named-pipe',
    files: {
      'compose.yaml': `services:
  web: { ${web}, volumes: ['./run:/run/app'] }
  writer: { ${shell(`[ -p /run/app/pipe ] || busybox mkfifo /run/app/pipe; ${STAYS}`)}, healthcheck: { disable: true }, volumes: ['./run:/run/app'] }
`,
      'run/readme.txt': 'The pipe is made here.\n',
    },
    inputs: { files: 'run' },
  },
  {
    name: 'addresses',
    files: {
      'compose.yaml': `services:
  web: { ${web}, hostname: web.internal, networks: { app: { aliases: [www, api.internal], ipv4_address: 10.231.7.10 }, default: {} } }
  db: { image: '${FIXED}', networks: { app: { aliases: [database] } }, extra_hosts: ['host.docker.internal:host-gateway'], dns_search: [internal] }
networks: { app: { driver: bridge, ipam: { config: [{ subnet: 10.231.7.0/24, gateway: 10.231.7.1 }] } } }
`,
    },
  },
  {
    name: 'external',
    files: {
      'compose.yaml': `services: { web: { ${web}, networks: [proxy, default], volumes: ['data:/data', 'own:/own'] } }
networks: { proxy: { external: true, name: external-proxy } }
volumes: { data: { external: true, name: external-data }, own: { name: external-own, labels: { keep: 'yes' } } }
`,
    },
    prepare: 'docker network create external-proxy >/dev/null; docker volume create external-data >/dev/null',
  },
  {
    name: 'scaled',
    files: {
      'compose.yaml': `services:
  web: { ${web}, deploy: { replicas: 2, restart_policy: { condition: any } } }
  api: { ${web}, scale: 2 }
  beta: { ${web}, deploy: { replicas: 0 } }
`,
    },
  },
  {
    name: 'labelled',
    files: {
      'compose.yaml': `services:
  proxy: { ${background}, container_name: labelled-proxy, volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'] }
  web:
    ${`image: '${APP}'`}
    container_name: labelled-web
    stop_signal: SIGINT
    stop_grace_period: 3s
    labels: ['traefik.enable=true', "traefik.http.routers.web.rule=Host(\`a.example\`)", 'price=$$5']
`,
    },
  },
  {
    name: 'many-mounts',
    files: {
      'docker/compose.yaml': `services:
  web: { ${web}, volumes: ['./conf/a.conf:/a.conf:ro', './conf/sub:/sub:ro', { type: bind, source: ./conf/b.conf, target: /b.conf, read_only: true }] }
  db: { image: '${FIXED}', volumes: ['./init:/init:ro', 'data:/data:rw'] }
volumes: { data: {} }
`,
      'docker/conf/a.conf': 'a\n',
      'docker/conf/b.conf': 'b\n',
      'docker/conf/sub/c.conf': 'c\n',
      'docker/init/01 first.sql': '-- one\n',
      'docker/init/.hidden': 'x\n',
    },
    inputs: { 'working-directory': 'docker', files: 'conf\ninit' },
  },
  {
    name: 'interpolated',
    files: {
      'compose.yaml': `name: \${PROJECT:-interpolated}
services:
  web:
    ${`image: "\${REGISTRY:?set REGISTRY}/app:\${TAG}"`}
    restart: \${POLICY-always}
    environment: { TITLE: '\${TITLE}', EMPTY: '\${EMPTY:-}', OPTIONAL: '\${TAG:+set}' }
    healthcheck: { test: ["CMD-SHELL", "a=1; /bin/busybox test $$a = 1 && /bin/busybox wget -qO /dev/null http://127.0.0.1:8080/health"], interval: 1s, retries: 3 }
`,
    },
    env: ['REGISTRY=registry.lab:5000', "TITLE=it's $5 #1"],
  },
  {
    name: 'volumes-from',
    // The anonymous volume keeps the file that the healthcheck looks for.
    failing: 'crash',
    files: {
      'compose.yaml': `services:
  web: { ${web}, volumes: ['/www'], ipc: shareable }
  stats: { ${background}, volumes_from: ['web:ro'], pid: 'service:web', ipc: 'service:web', depends_on: [web] }
  tool: { ${background}, image: '${FIXED}', pull_policy: if_not_present, working_dir: /bin, user: '1000:1000' }
`.replace(`image: '${FIXED}', pull_policy`, 'pull_policy'),
    },
  },
]
