import { type Answer, json } from './answer.ts'
import type { ApiRequest } from './api-request.ts'

type Fields = Readonly<Record<string, unknown>>
export type FieldErrors = Record<string, string[]>

export const NOT_ALLOWED = 'This field is not allowed.'

/**
 * `validateIncomingRequest`: PATCH and rollback want a JSON object.
 * https://github.com/coollabsio/coolify/blob/379abb252621/bootstrap/helpers/api.php
 */
export function jsonProblem(request: ApiRequest): Answer | undefined {
  const invalid = (error: string) => json(400, { message: 'Invalid request.', error })
  if (!request.isJson) return invalid('Content-Type must be application/json.')
  const value = parsed(request.body)
  // PHP: an empty list, 0, "" and null are as false as a broken text; an empty object is not.
  const isFalse = !value || value === '0' || (Array.isArray(value) && value.length === 0)
  if (isFalse) return invalid('Invalid JSON.')
  if (typeof value === 'object' && Object.keys(value).length === 0) return invalid('Empty JSON.')
  return undefined
}

export function invalid(errors: Readonly<Record<string, string | readonly string[]>>): Answer {
  return json(422, { message: 'Validation failed.', errors })
}

/** What is wrong with the fields of `PATCH /applications/{uuid}`, as far as a deploy sends them. */
export function applicationProblem(fields: Fields): Answer | undefined {
  const { ports_exposes: ports } = fields
  if (ports !== undefined && !String(ports).split(',').every(isNumeric)) {
    return invalid({ ports_exposes: 'The ports_exposes should be a comma separated list of numbers.' })
  }
  const errors: FieldErrors = {}
  for (const [field, rule] of Object.entries(RULES)) {
    if (!(field in fields)) continue
    const found = rule(fields[field]).map(problem => problem.replace(':attribute', field.replaceAll('_', ' ')))
    if (found.length > 0) errors[field] = found
  }
  for (const field of Object.keys(fields)) {
    if (!ALLOWED.has(field)) errors[field] = [...(errors[field] ?? []), NOT_ALLOWED]
  }
  return Object.keys(errors).length > 0 ? invalid(errors) : undefined
}

/** `validateGitRef`: what is wrong with a commit to roll back to. */
export function commitProblem(commit: string): string | undefined {
  if (commit === 'HEAD' || COMMIT.test(commit)) return undefined
  if (commit.startsWith('-')) return 'Invalid rollback commit: must not start with a hyphen.'
  return 'Invalid rollback commit: contains disallowed characters. Only alphanumeric characters, dots, hyphens, underscores, and slashes are allowed.'
}

const COMMIT = /^[a-zA-Z0-9][a-zA-Z0-9._\-/]*$/
const IMAGE_TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const IMAGE_NAME =
  /^(?=.{1,255}$)(?:(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?:@sha256)?$/

type Rule = (value: unknown) => string[]

const NOT_TEXT = 'The :attribute field must be a string.'
const BAD_FORMAT = 'The :attribute field format is invalid.'

/** https://github.com/coollabsio/coolify/blob/379abb252621/app/Support/ValidationPatterns.php, `sharedDataApplications` */
const RULES: Readonly<Record<string, Rule>> = {
  build_pack: value =>
    ['nixpacks', 'static', 'dockerfile', 'dockercompose', 'dockerimage', 'railpack'].includes(String(value))
      ? []
      : ['The selected :attribute is invalid.'],
  git_branch: value => (typeof value === 'string' ? branchProblems(value) : [NOT_TEXT]),
  git_commit_sha: value => text(value, { format: COMMIT }),
  docker_registry_image_name: value => (value === null ? [] : text(value, { max: 255, format: IMAGE_NAME })),
  docker_registry_image_tag: value => (value === null ? [] : text(value, { max: 128, format: IMAGE_TAG })),
  health_check_enabled: value =>
    [true, false, 0, 1, '0', '1'].some(allowed => allowed === value)
      ? []
      : ['The :attribute field must be true or false.'],
  name: value => text(value, { max: 255 }),
  description: value => (value === null ? [] : text(value, {})),
}

function text(value: unknown, { max, format }: { max?: number; format?: RegExp }): string[] {
  const isText = typeof value === 'string'
  return [
    ...(isText ? [] : [NOT_TEXT]),
    ...(isText && max !== undefined && value.length > max
      ? [`The :attribute field must not be greater than ${max} characters.`]
      : []),
    ...(format && !(isText && format.test(value)) ? [BAD_FORMAT] : []),
  ]
}

function branchProblems(branch: string): string[] {
  if (/[;|&$`(){}<>"'\\!*?[\]~^: #]/.test(branch)) return ['The :attribute contains invalid characters.']
  if (/\.\.|\/\/|@\{/.test(branch)) return ['The :attribute contains invalid patterns.']
  if (/^[/.]|[/.]$/.test(branch)) return ['The :attribute cannot start or end with / or .']
  return branch === 'HEAD' ? ['The :attribute cannot be HEAD.'] : []
}

function isNumeric(value: string): boolean {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** What `update_by_uuid` takes. */
export const ALLOWED = new Set(
  `name description is_static is_spa is_auto_deploy_enabled is_force_https_enabled is_preview_deployments_enabled domains
  noindex_domains git_repository git_branch git_commit_sha docker_registry_image_name docker_registry_image_tag build_pack
  static_image install_command build_command start_command ports_exposes ports_mappings custom_network_aliases
  base_directory publish_directory health_check_enabled health_check_type health_check_command health_check_path
  health_check_port health_check_host health_check_method health_check_return_code health_check_scheme
  health_check_response_text health_check_interval health_check_timeout health_check_retries health_check_start_period
  limits_memory limits_memory_swap limits_memory_swappiness limits_memory_reservation limits_cpus limits_cpuset
  limits_cpu_shares custom_labels custom_docker_run_options post_deployment_command post_deployment_command_container
  pre_deployment_command pre_deployment_command_container watch_paths manual_webhook_secret_github
  manual_webhook_secret_gitlab manual_webhook_secret_bitbucket manual_webhook_secret_gitea dockerfile_location
  dockerfile_target_build docker_compose_location docker_compose_custom_start_command
  docker_compose_custom_build_command docker_compose_domains redirect instant_deploy use_build_server use_build_secrets
  custom_nginx_configuration is_http_basic_auth_enabled http_basic_auth_username http_basic_auth_password
  connect_to_docker_network force_domain_override is_container_label_escape_enabled is_preserve_repository_enabled
  preview_url_template max_restart_count is_git_submodules_enabled is_git_lfs_enabled is_git_shallow_clone_enabled
  disable_build_cache inject_build_args_to_dockerfile include_source_commit_in_build is_env_sorting_enabled
  is_pr_deployments_public_enabled stop_grace_period docker_images_to_keep is_gzip_enabled is_stripprefix_enabled
  is_raw_compose_deployment_enabled is_log_drain_enabled is_gpu_enabled gpu_driver gpu_count gpu_device_ids gpu_options
  is_consistent_container_name_enabled custom_internal_name`.split(/\s+/),
)
