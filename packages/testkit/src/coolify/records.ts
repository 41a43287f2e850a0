import { type Deployment, dateTime, plainTime } from './deployment.ts'
import type { Application, Database, Service } from './resources.ts'

type Json = Readonly<Record<string, unknown>>

/** `serializeApiResponse`: keys by the alphabet, but the dates last and id, uuid, description, name first. */
export function sortedKeys(record: Json): Json {
  const first = ['id', 'uuid', 'description', 'name'].filter(key => record[key] !== undefined && record[key] !== null)
  const last = ['created_at', 'updated_at'].filter(key => record[key] !== undefined && record[key] !== null)
  const rest = Object.keys(record).filter(key => !first.includes(key) && !last.includes(key))
  return Object.fromEntries([...first, ...rest.sort(), ...last].map(key => [key, record[key]]))
}

/** A row of `application_deployment_queues`, in the order of its columns. */
export function deploymentRow(deployment: Deployment, showsLogs: boolean): Json {
  const { app } = deployment
  return {
    id: deployment.id,
    application_id: String(app.id),
    deployment_uuid: deployment.uuid,
    pull_request_id: deployment.pullRequestId,
    force_rebuild: deployment.forceRebuild,
    commit: deployment.commit,
    status: deployment.status,
    is_webhook: false,
    created_at: dateTime(deployment.createdAt),
    updated_at: dateTime(deployment.updatedAt),
    ...(showsLogs ? { logs: deployment.logs.length === 0 ? null : JSON.stringify(deployment.logs) } : {}),
    current_process_id: deployment.status === 'queued' ? null : String(800 + deployment.id),
    restart_only: deployment.restartOnly,
    git_type: null,
    server_id: deployment.server,
    application_name: app.name,
    server_name: 'localhost',
    deployment_url: deploymentPath(deployment),
    destination_id: '1',
    only_this_server: false,
    rollback: deployment.rollback,
    commit_message: deployment.commitMessage,
    is_api: deployment.isApi,
    build_server_id: null,
    horizon_job_id: deployment.status === 'queued' ? null : `job-${deployment.id}`,
    horizon_job_worker: deployment.status === 'queued' ? null : 'coolify',
    finished_at: deployment.finishedAt === null ? null : dateTime(deployment.finishedAt),
    docker_registry_image_tag: deployment.dockerTag,
    configuration_hash: null,
  }
}

/** The path of its page; the address of the instance has to be put before it. */
export function deploymentPath(deployment: Deployment): string {
  return `/project/p1/environment/e1/application/${deployment.app.uuid}/deployment/${deployment.uuid}`
}

/** Fields that only a token with `read:sensitive` sees. */
function secretFields(secret: string): Json {
  return {
    custom_labels: null,
    docker_compose: null,
    docker_compose_raw: null,
    dockerfile: null,
    http_basic_auth_password: secret,
    manual_webhook_secret_bitbucket: null,
    manual_webhook_secret_gitea: null,
    manual_webhook_secret_github: secret,
    manual_webhook_secret_gitlab: null,
  }
}

export function applicationRecord(app: Application, options: { secret: string; sensitive: boolean }): Json {
  return {
    ...FIXED,
    ...(options.sensitive ? secretFields(options.secret) : {}),
    id: app.id,
    uuid: app.uuid,
    name: app.name,
    description: app.description,
    build_pack: app.build_pack,
    docker_registry_image_name: app.docker_registry_image_name,
    docker_registry_image_tag: app.docker_registry_image_tag,
    fqdn: app.fqdn,
    git_branch: app.git_branch,
    git_commit_sha: app.git_commit_sha,
    git_repository: app.git_repository,
    health_check_enabled: app.health_check_enabled,
    last_online_at: plainTime(app.lastOnlineAt),
    ports_exposes: app.ports_exposes,
    status: app.status,
    // Free text in which teams keep passwords, shown to every token that may read.
    post_deployment_command: `PASSWORD=${options.secret} ./notify`,
  }
}

/** `GET /applications`, `GET /applications/{uuid}`: without its number. */
export function publicApplication(app: Application, options: { secret: string; sensitive: boolean }): Json {
  const { id: _, ...record } = applicationRecord(app, options)
  return record
}

/** `GET /deployments/{uuid}`: the team is looked up through the application, and so all of that is in the answer. */
export function deploymentDetail(
  deployment: Deployment,
  options: { secret: string; sensitive: boolean; nestsApplication: boolean },
): Json {
  const row = deploymentRow(deployment, options.sensitive)
  if (!options.nestsApplication) return sortedKeys(row)
  const team = { id: deployment.app.team, name: 'Root Team', description: `ask ops for ${options.secret}` }
  const project = { id: 1, uuid: 'p1', name: 'Project', team_id: deployment.app.team, team }
  const environment = { id: 1, uuid: 'e1', name: 'production', project_id: 1, project }
  const application = applicationRecord(deployment.app, { secret: options.secret, sensitive: false })
  return sortedKeys({ ...row, application: { ...application, environment } })
}

export function serviceRecord(service: Service, options: { secret: string; sensitive: boolean }): Json {
  const { uuid, name, status } = service
  return sortedKeys({
    ...(options.sensitive ? { docker_compose: options.secret, docker_compose_raw: options.secret } : {}),
    ...DATES,
    applications: [],
    config_hash: null,
    connect_to_docker_network: false,
    databases: [],
    deleted_at: null,
    description: `the password is ${options.secret}`,
    destination_id: 1,
    destination_type: 'App\\Models\\StandaloneDocker',
    environment_id: 1,
    is_container_label_escape_enabled: true,
    is_container_label_readonly_enabled: true,
    name,
    server_id: service.team,
    server_status: true,
    service_type: null,
    status,
    uuid,
  })
}

export function databaseRecord(database: Database): Json {
  const { uuid, name, status } = database
  const fixed = { description: null, image: 'postgres:17-alpine', is_public: false, type: 'standalone-postgresql' }
  return sortedKeys({ ...DATES, ...fixed, uuid, name, status })
}

const DATES = { created_at: '2026-01-01T00:00:00.000000Z', updated_at: '2026-01-01T00:00:00.000000Z' }

/** What is the same for every application here. */
const FIXED: Json = {
  ...DATES,
  base_directory: '/',
  build_command: null,
  compose_parsing_version: '5',
  config_hash: null,
  custom_docker_run_options: null,
  custom_healthcheck_found: false,
  custom_network_aliases: null,
  custom_nginx_configuration: null,
  deleted_at: null,
  destination_id: 1,
  destination_type: 'App\\Models\\StandaloneDocker',
  docker_compose_custom_build_command: null,
  docker_compose_custom_start_command: null,
  docker_compose_domains: null,
  docker_compose_location: '/docker-compose.yaml',
  dockerfile_location: '/Dockerfile',
  dockerfile_target_build: null,
  environment_id: 1,
  git_full_url: null,
  health_check_command: null,
  health_check_host: 'localhost',
  health_check_interval: 5,
  health_check_method: 'GET',
  health_check_path: '/',
  health_check_port: null,
  health_check_response_text: null,
  health_check_retries: 10,
  health_check_return_code: 200,
  health_check_scheme: 'http',
  health_check_start_period: 5,
  health_check_timeout: 5,
  health_check_type: 'http',
  http_basic_auth_username: null,
  install_command: null,
  is_http_basic_auth_enabled: false,
  last_restart_at: null,
  last_restart_type: null,
  limits_cpu_shares: 1024,
  limits_cpus: '0',
  limits_cpuset: null,
  limits_memory: '0',
  limits_memory_reservation: '0',
  limits_memory_swap: '0',
  limits_memory_swappiness: 60,
  max_restart_count: 10,
  noindex_domains: null,
  ports_mappings: null,
  post_deployment_command_container: null,
  pre_deployment_command: null,
  pre_deployment_command_container: null,
  preview_url_template: '{{pr_id}}.{{domain}}',
  private_key_id: null,
  publish_directory: null,
  redirect: 'both',
  repository_project_id: null,
  restart_count: 0,
  server_status: true,
  source_id: 1,
  start_command: null,
  static_image: 'nginx:alpine',
  swarm_placement_constraints: null,
  swarm_replicas: 1,
  watch_paths: null,
}
