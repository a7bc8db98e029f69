// Holds .github/ to what it must never lose: pinned actions, no permission by default, no token where dependencies run, forms that ask.

import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly environment?: string;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows';
const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
  const workflow: Workflow = parse(text);
  return { file, text, workflow };
});
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job })),
);

describe('a workflow', () => {
  it('is one of those that are documented', () => {
    expect(workflows.map(({ file }) => file).toSorted()).toEqual(['ci.yml', 'nightly.yml', 'release.yml']);
  });

  it('uses actions by the digest of a commit, with the version beside it', () => {
    const uses = workflows.flatMap(({ text }) => [...text.matchAll(/uses: (.*)$/gm)].map(([, used = '']) => used));
    expect(uses.length).toBeGreaterThan(5);
    expect(uses.filter((used) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))).toEqual([]);
  });

  it('uses one digest for each action', () => {
    const uses = new Set(jobs.flatMap(({ job }) => job.steps.flatMap((step) => step.uses ?? [])));
    const names = [...uses].map((used) => used.split('@')[0]);
    expect(names.length).toBe(new Set(names).size);
  });

  it('has no permission but what a job names, and a time at which it ends', () => {
    expect(workflows.filter(({ workflow }) => JSON.stringify(workflow.permissions) !== '{}')).toEqual([]);
    for (const { name, job } of jobs) {
      expect(job.permissions, name).toBeDefined();
      expect(job['timeout-minutes'], name).toBeGreaterThan(0);
    }
  });

  it('never runs for strangers with rights or secrets', () => {
    for (const { file, text, workflow } of workflows) {
      expect(Object.keys(workflow.on), file).not.toContain('pull_request_target');
      expect(Object.keys(workflow.on), file).not.toContain('workflow_run');
      expect(text, file).not.toContain('secrets.');
    }
  });

  it('puts nothing that others write into a script', () => {
    const scripts = jobs.flatMap(({ job }) => job.steps.flatMap((step) => step.run ?? []));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });

  it('leaves no token behind after checking out', () => {
    const checkouts = jobs.flatMap(({ job }) => job.steps.filter((step) => step.uses?.startsWith('actions/checkout@')));
    expect(checkouts.length).toBeGreaterThan(0);
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });
});

describe('the job that publishes', () => {
  const publishing = jobs.filter(({ job }) => job.permissions?.['id-token'] !== undefined);

  it('is the only one that may have an ID token, in an environment of its own', () => {
    expect(publishing.map(({ name }) => name)).toEqual(['release.yml: publish']);
    expect(publishing[0]?.job.environment).toBe('npm');
    expect(publishing[0]?.job.permissions).toEqual({ 'id-token': 'write' });
  });

  it('runs npm alone: nothing of the repository and no dependency', () => {
    const steps = publishing[0]?.job.steps ?? [];
    const scripts = steps.flatMap((step) => step.run ?? []).join('\n');
    expect(scripts).toContain('npm publish "$tarball" --provenance --access public');
    expect(scripts).not.toMatch(/npm (?:ci|install|run|test)\b|node /);
    expect(steps.some((step) => step.uses?.startsWith('actions/checkout@'))).toBe(false);
  });
});

describe('the rest of .github', () => {
  it('has forms that ask for what a diagnosis needs, and send weaknesses elsewhere', () => {
    const forms = readdirSync('.github/ISSUE_TEMPLATE').filter((file) => file !== 'config.yml');
    for (const file of forms) {
      const form: { name?: string; description?: string; body?: readonly { type?: string }[] } = parse(
        readFileSync(`.github/ISSUE_TEMPLATE/${file}`, 'utf8'),
      );
      expect(form.name && form.description, file).toBeTruthy();
      expect(form.body?.length, file).toBeGreaterThan(1);
    }
    const refused = readFileSync('.github/ISSUE_TEMPLATE/refused.yml', 'utf8');
    for (const asked of ['Request id', 'cambist explain', 'Report a']) expect(refused).toContain(asked);
    const config: { blank_issues_enabled?: boolean } = parse(readFileSync('.github/ISSUE_TEMPLATE/config.yml', 'utf8'));
    expect(config.blank_issues_enabled).toBe(false);
  });

  it('names folders that are there as owned', () => {
    const owned = readFileSync('.github/CODEOWNERS', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('/'))
      .map((line) => line.split(/\s+/)[0]?.slice(1) ?? '');
    expect(owned.length).toBeGreaterThan(5);
    expect(owned.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('keeps every ecosystem up to date that the repository has', () => {
    const { updates }: { updates: readonly { 'package-ecosystem': string }[] } = parse(
      readFileSync('.github/dependabot.yml', 'utf8'),
    );
    const expected = ['npm', 'github-actions', ...(existsSync('go/go.mod') ? ['gomod'] : [])];
    expect(updates.map((update) => update['package-ecosystem'])).toEqual(expect.arrayContaining(expected));
  });
});
