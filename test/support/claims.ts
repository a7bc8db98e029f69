// Claim sets as the platforms issue them, built from what a test cares about; signs nothing.

type Claims = Record<string, unknown>;

export interface TokenTimes {
  /** Seconds; the moment of issue, now by default. */
  readonly now?: number;
  readonly audience?: string | readonly string[];
}

/** Anything in it replaces or adds a claim; `undefined` removes one. */
export interface Changes {
  readonly claims?: Claims;
}

const AUDIENCE = 'https://cambist.test';

function issuedAt({ now }: TokenTimes): number {
  return now ?? Math.floor(Date.now() / 1000);
}

function changed(claims: Claims, changes: Claims = {}): Claims {
  return Object.fromEntries(Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined));
}

export interface GitHubOptions extends TokenTimes, Changes {
  readonly issuer?: string;
  /** `owner/name`. */
  readonly repository?: string;
  readonly repositoryId?: string;
  readonly ownerId?: string;
  readonly ref?: string;
  readonly environment?: string;
  readonly event?: string;
  /** The subject form of repositories since 2026-07-15 (the default), or the one of names alone. */
  readonly subjectForm?: 'immutable' | 'legacy';
}

/** An ID token of GitHub Actions: a push to a branch or tag, a pull request, or a job with an environment. */
export function githubActions(options: GitHubOptions = {}): Claims {
  const { repository = 'acme/app', repositoryId = '456789', ownerId = '123456', ref = 'refs/heads/main' } = options;
  const { event = 'push', environment, subjectForm = 'immutable' } = options;
  const [owner = '', name = ''] = repository.split('/');
  const repo = subjectForm === 'immutable' ? `${owner}@${ownerId}/${name}@${repositoryId}` : repository;
  const named = event.startsWith('pull_request') ? 'pull_request' : `ref:${ref}`;
  const context = environment === undefined ? named : `environment:${environment.replaceAll(':', '%3A')}`;
  const workflow = `${repository}/.github/workflows/deploy.yml@${ref}`;
  const iat = issuedAt(options);
  return changed(
    {
      jti: crypto.randomUUID(),
      sub: `repo:${repo}:${context}`,
      aud: options.audience ?? AUDIENCE,
      ...(environment === undefined ? {} : { environment }),
      ref,
      sha: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
      repository,
      repository_owner: owner,
      repository_owner_id: ownerId,
      run_id: '17482930111',
      run_number: '10',
      run_attempt: '1',
      repository_visibility: 'private',
      repository_id: repositoryId,
      actor_id: '583231',
      actor: 'octocat',
      workflow: 'deploy',
      head_ref: '',
      base_ref: '',
      event_name: event,
      ref_protected: 'true',
      ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
      workflow_ref: workflow,
      workflow_sha: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
      job_workflow_ref: workflow,
      job_workflow_sha: '9f3182061f1e2cca4702c368cbc039b7dc9d4485',
      runner_environment: 'github-hosted',
      iss: options.issuer ?? 'https://token.actions.githubusercontent.com',
      nbf: iat - 600,
      exp: iat + 300,
      iat,
    },
    options.claims,
  );
}

export interface GitLabOptions extends TokenTimes, Changes {
  readonly issuer?: string;
  readonly projectPath?: string;
  readonly projectId?: string;
  readonly ref?: string;
  readonly refType?: 'branch' | 'tag';
  readonly pipelineSource?: string;
}

/** An ID token of a GitLab CI job. */
export function gitlab(options: GitLabOptions = {}): Claims {
  const { projectPath = 'acme/app', projectId = '20', ref = 'main', refType = 'branch' } = options;
  const { pipelineSource = 'push' } = options;
  const namespace = projectPath.slice(0, projectPath.lastIndexOf('/'));
  const iat = issuedAt(options);
  return changed(
    {
      namespace_id: '72',
      namespace_path: namespace,
      project_id: projectId,
      project_path: projectPath,
      user_id: '1',
      user_login: 'sample-user',
      user_access_level: 'maintainer',
      job_project_id: projectId,
      job_project_path: projectPath,
      pipeline_id: '574',
      pipeline_source: pipelineSource,
      job_id: '302',
      ref,
      ref_type: refType,
      ref_path: `refs/${refType === 'tag' ? 'tags' : 'heads'}/${ref}`,
      ref_protected: 'true',
      runner_id: 12270831,
      runner_environment: 'gitlab-hosted',
      sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      project_visibility: 'private',
      jti: crypto.randomUUID(),
      iss: options.issuer ?? 'https://gitlab.com',
      iat,
      nbf: iat - 5,
      exp: iat + 3600,
      sub: `project_path:${projectPath}:ref_type:${refType}:ref:${ref}`,
      aud: options.audience ?? AUDIENCE,
    },
    options.claims,
  );
}

export interface KubernetesOptions extends TokenTimes, Changes {
  readonly issuer?: string;
  readonly namespace?: string;
  readonly serviceAccount?: string;
}

/** A projected service account token of Kubernetes; its audience is always an array. */
export function kubernetes(options: KubernetesOptions = {}): Claims {
  const { namespace = 'payments', serviceAccount = 'checkout', audience = AUDIENCE } = options;
  const iat = issuedAt(options);
  return changed(
    {
      aud: typeof audience === 'string' ? [audience] : audience,
      exp: iat + 3600,
      iat,
      iss: options.issuer ?? 'https://oidc.k8s.example.com',
      jti: crypto.randomUUID(),
      'kubernetes.io': {
        namespace,
        node: { name: 'node-1', uid: '58456cb0-dd00-45ed-b797-5578fdceaced' },
        pod: { name: `${serviceAccount}-7b94444f8d-hws2b`, uid: '778a530c-b3f4-47c0-9cd5-ab018fb64f33' },
        serviceaccount: { name: serviceAccount, uid: 'a087d5a0-e1dd-43ec-93ac-f13d89cd13af' },
      },
      nbf: iat,
      sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
    },
    options.claims,
  );
}

export interface CircleCiOptions extends TokenTimes, Changes {
  readonly issuer?: string;
  readonly organisation?: string;
  readonly project?: string;
  readonly ref?: string;
  readonly sshRerun?: boolean;
}

/** A CircleCI token, version 2: no `jti`, no `nbf`, and claims whose names hold slashes. */
export function circleci(options: CircleCiOptions = {}): Claims {
  const { organisation = 'c9035eb6-6eb2-4c85-8a81-d9ed6a1d1d1e', sshRerun = false, ref = 'refs/heads/main' } = options;
  const { project = '3a2f5b1c-7d4e-4f6a-9b8c-0d1e2f3a4b5c' } = options;
  const origin = 'github.com/acme/app';
  const iat = issuedAt(options);
  return changed(
    {
      aud: options.audience ?? AUDIENCE,
      exp: iat + 3600,
      iat,
      iss: options.issuer ?? `https://oidc.circleci.com/org/${organisation}`,
      'oidc.circleci.com/context-ids': ['7b6a5c4d-3e2f-4a1b-8c9d-0e1f2a3b4c5d'],
      'oidc.circleci.com/job-id': '1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9',
      'oidc.circleci.com/org-id': organisation,
      'oidc.circleci.com/pipeline-id': '9f8e7d6c-5b4a-4c3d-8e2f-1a0b9c8d7e6f',
      'oidc.circleci.com/project-id': project,
      'oidc.circleci.com/ssh-rerun': sshRerun,
      'oidc.circleci.com/vcs-origin': origin,
      'oidc.circleci.com/vcs-ref': ref,
      sub: `org/${organisation}/project/${project}/user/5e6f7a8b-9c0d-4e1f-a2b3-c4d5e6f7a8b9/vcs-origin/${origin}/vcs-ref/${ref}`,
    },
    options.claims,
  );
}
