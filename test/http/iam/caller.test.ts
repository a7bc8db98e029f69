// What a caller may give away: contract §4. A writer cannot widen itself, an administrator and root may.

import { describe, expect, it } from 'vitest';
import type { BindingReach } from '../../../src/objects/role-binding.ts';
import { hasIamScope, mayManageDeployment, rolesBeyond, scopesBeyond } from '../../../src/http/iam/caller.ts';
import type { Caller } from '../../../src/http/iam/caller.ts';

const WRITER: Caller = {
  actor: 'sa_1',
  organisation: 'org_1',
  isRoot: false,
  isAdmin: false,
  serviceAccountId: 'sa_1',
  scopes: ['iam:write', 'api:read'],
  roles: [
    { roleId: 'role_all', roleSlug: 'all', projects: [], scopes: [] },
    { roleId: 'role_shop', roleSlug: 'shop', projects: ['shop'], scopes: [] },
    { roleId: 'role_shop', roleSlug: 'shop', projects: ['mall'], scopes: [] },
    { roleId: 'role_scoped', roleSlug: 'scoped', projects: [], scopes: ['api:read', 'api:write'] },
  ],
  token: null,
};
const ADMIN: Caller = { ...WRITER, isAdmin: true };
const ROOT: Caller = { ...ADMIN, isRoot: true, scopes: 'every', roles: [] };

describe('scopes', () => {
  it('include those below them, and nothing that only looks like them (contract §4)', () => {
    expect(hasIamScope(['iam:admin'], 'iam:read')).toBe(true);
    expect(hasIamScope(['iam:write'], 'iam:read')).toBe(true);
    expect(hasIamScope(['iam:read'], 'iam:write')).toBe(false);
    expect(hasIamScope(['iam:write'], 'iam:admin')).toBe(false);
    expect(hasIamScope(['iam:admin2', 'xiam:admin', 'iam:*', 'IAM:ADMIN'], 'iam:read')).toBe(false);
    expect(hasIamScope('every', 'iam:admin')).toBe(true);
  });

  it('may be granted where the caller holds them (contract §4)', () => {
    expect(scopesBeyond(WRITER, ['api:read', 'iam:write', 'iam:read'])).toEqual([]);
    expect(scopesBeyond(WRITER, ['api:read', 'api:write', 'iam:admin', 'tokens:introspect'])).toEqual([
      'api:write',
      'iam:admin',
      'tokens:introspect',
    ]);
    expect(scopesBeyond(ADMIN, ['anything'])).toEqual([]);
    expect(scopesBeyond(ROOT, ['anything'])).toEqual([]);
  });
});

describe('roles', () => {
  const role = (roleId: string, ...projects: string[]): BindingReach & { roleId: string } => ({
    roleId,
    projects,
    scopes: [],
  });

  it('may be granted as widely as the caller holds them (contract §4)', () => {
    expect(rolesBeyond(WRITER, [role('role_all'), role('role_all', 'any'), role('role_shop', 'shop', 'mall')])).toEqual(
      [],
    );
    const beyond = [role('role_shop'), role('role_shop', 'shop', 'else'), role('role_none'), role('role_none', 'shop')];
    expect(rolesBeyond(WRITER, beyond)).toEqual(beyond);
    expect(rolesBeyond(ADMIN, beyond)).toEqual([]);
    expect(rolesBeyond(ROOT, beyond)).toEqual([]);
  });

  it('held under some scopes may be granted under these only (contract §4)', () => {
    const scoped = (...scopes: string[]): BindingReach & { roleId: string } => ({ ...role('role_scoped'), scopes });
    expect(rolesBeyond(WRITER, [scoped('api:read'), scoped('api:write', 'api:read')])).toEqual([]);
    const beyond = [scoped(), scoped('api:read', 'api:admin')];
    expect(rolesBeyond(WRITER, beyond)).toEqual(beyond);
  });
});

it('is the deployment’s administrator only as root or in its own organisation, by id (contract §4)', () => {
  const inOrganisation = (caller: Caller, id: string): Caller => ({
    ...caller,
    token: { organisation: { id, slug: 'default' } } as Caller['token'],
  });
  expect(mayManageDeployment(ROOT)).toBe(true);
  expect(mayManageDeployment(inOrganisation(ADMIN, 'org_00000000000000000000000000'))).toBe(true);
  expect(mayManageDeployment(inOrganisation(ADMIN, 'org_1'))).toBe(false);
  expect(mayManageDeployment(inOrganisation(WRITER, 'org_00000000000000000000000000'))).toBe(false);
});
