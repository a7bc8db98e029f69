// `npm run check:console [-- --screenshots]`: a real Chromium looks at every page of the console and goes through its flows; one line for
// each: ok, FAILED or left out. With --screenshots, it writes docs/images anew.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import { CHROMIUM_FLAGS, findChromium } from './console/chromium.ts';
import { makeDemoData } from './console/demo-data.ts';
import type { DemoData } from './console/demo-data.ts';
import { axeFaults, overflows, watch } from './console/look-at-page.ts';
import { startGithubIssuer } from './demo/github-issuer.ts';
import { ROOT } from './local/bundle.ts';
import { startDeployment } from './local/deployment.ts';
import { readUsage } from './local/usage.ts';

readUsage(import.meta.filename, ['--screenshots']);

const ADMIN_TOKEN = 'check-console-root-token-0123456789abcdef';
const NARROW = { width: 360, height: 740 };
const WIDE = { width: 1280, height: 860 };
const IMAGES = join(ROOT, 'docs/images');

let failures = 0;

function verdict(what: string, faults: readonly string[]): void {
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) failures += 1;
  console.log(`${faults.length === 0 ? 'ok' : 'FAILED'} console: ${what}`);
}

/** Runs one of the flows; what it throws is its fault. */
async function flow(what: string, act: () => Promise<readonly string[]>): Promise<void> {
  try {
    verdict(what, await act());
  } catch (error) {
    verdict(what, [
      String(error instanceof Error ? error.message : error)
        .split('\n')
        .slice(0, 3)
        .join(' '),
    ]);
  }
}

/** Chromium shows an error of its own in place of an answer to a form that it may not keep; that is as it should be. */
async function goBack(page: Page): Promise<void> {
  await page.goBack().catch(() => null);
  await page.waitForTimeout(500);
}

async function signIn(context: BrowserContext, origin: string, token = ADMIN_TOKEN): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${origin}/console`);
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Signed in as').waitFor();
  return page;
}

/** A page without what differs between objects, so that one of each kind is looked at. */
function kindOfPage(path: string): string {
  return path.replaceAll(/_[a-z0-9]{26}/g, '_…').replace(/^(\/pipelines\/new\/).*/, '$1…');
}

/** Looks at every kind of page that links lead to, beginning at the overview. */
async function lookAtAll(
  browser: Browser,
  origin: string,
  first: readonly string[],
  colorScheme: 'light' | 'dark',
  token: string,
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport: WIDE, reducedMotion: 'reduce' });
  const page = await signIn(context, origin, token);
  const { faults } = watch(page, origin);
  const who = token === ADMIN_TOKEN ? colorScheme : 'light, for a reader';
  const pending = ['', ...first];
  const seen = new Set<string>();
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    const kind = kindOfPage(path.split('?')[0] ?? '');
    if (seen.has(kind)) continue;
    seen.add(kind);
    await flow(`${kind === '' ? '/' : kind} in ${who}`, async () => {
      faults.length = 0;
      await page.setViewportSize(WIDE);
      const response = await page.goto(`${origin}/console${path}`);
      const status = response?.status() ?? 0;
      const found = [...(status === 200 ? [] : [`answered ${status}`]), ...(await axeFaults(page))];
      await page.setViewportSize(NARROW);
      if (await overflows(page)) found.push('scrolls sideways at 360 pixels');
      pending.push(...(await linksIn(page)));
      return [...found, ...faults];
    });
  }
  await context.close();
}

/** The pages of the console that a page links to, below /console. */
async function linksIn(page: Page): Promise<readonly string[]> {
  const links = (await page.evaluate(
    `[...document.querySelectorAll('a[href^="/console/"]')].map((link) => link.getAttribute('href'))`,
  )) as readonly string[];
  return links.map((link) => link.slice('/console'.length).split('#')[0] ?? '');
}

/** Goes through the flows. The console needs no scripts, so that all of them have to work without. */
async function goThrough(browser: Browser, origin: string, data: DemoData, javaScriptEnabled: boolean): Promise<void> {
  const context = await browser.newContext({ viewport: WIDE, javaScriptEnabled });
  const how = javaScriptEnabled ? '' : ', without scripts';
  let page = await signIn(context, origin);
  const { faults } = watch(page, origin);
  await flow(`a fault stands beside its field and takes focus, and what was typed is kept${how}`, async () => {
    await page.goto(`${origin}/console/accounts/new`);
    await page.getByLabel('Name').fill('Kept');
    await page.getByText('More settings').click();
    await page.getByLabel('Slug').fill('Not A Slug');
    await page.getByRole('button', { name: 'Create' }).click();
    const summary = page.getByRole('alert').first();
    await summary.waitFor();
    const isFocused = await summary.evaluate(
      (element: unknown) =>
        element === (globalThis as { document?: { activeElement: unknown } }).document?.activeElement,
    );
    return [
      ...(isFocused ? [] : ['the summary does not have focus']),
      ...((await page.getByLabel('Name').inputValue()) === 'Kept' ? [] : ['the name was lost']),
      ...((await page.getByLabel('Slug').getAttribute('aria-invalid')) === 'true' ? [] : ['the slug is not marked']),
    ];
  });
  await flow(`a pipeline is added, and its page waits for it${how}`, async () => {
    await page.goto(`${origin}/console/pipelines/new/github`);
    await page.getByLabel('Repository', { exact: true }).fill(javaScriptEnabled ? 'acme/shop' : 'acme/web');
    await page.getByLabel('Branch').fill('main');
    await page.getByRole('button', { name: 'See the rule' }).click();
    await page.getByText('Neighbours, tried against the rule').first().waitFor();
    await page.getByRole('button', { name: 'Create the rule' }).click();
    await page.getByText('Waiting for the first exchange').waitFor();
    return faults;
  });
  // A rule has one first exchange.
  if (javaScriptEnabled)
    await flow(`the first exchange of a rule is seen without doing anything${how}`, async () => {
      await page.goto(`${origin}/console${data.waiting}`);
      await page.getByText('Waiting for the first exchange').waitFor();
      const status = await data.exchangeFirst();
      await page.getByText(/Granted \d+ s ago/).waitFor();
      return status === 200 ? [] : [`the exchange answered ${status}`];
    });
  await flow(`a rule is tried before it is saved${how}`, async () => {
    await page.goto(`${origin}/console${data.pages[0] ?? ''}/edit`);
    await page.getByRole('button', { name: 'Try the rule' }).click();
    await page
      .getByText(/The rule (?:accepts|refuses) them|was not tried/)
      .first()
      .waitFor();
    if (!(await page.getByText('The rule accepts them').isVisible()))
      return [await page.locator('[aria-labelledby=test-heading]').innerText()];
    await page.getByText('Neighbours, who should stay out').first().waitFor();
    const strangers = await page.locator('.tag.bad').allTextContents();
    return strangers.length === 0 ? [] : [`something is refused or let in that should not be: ${strangers.join(', ')}`];
  });
  await flow(`the secret of a credential is on no page after${how}`, async () => {
    await page.goto(`${origin}/console${data.pages.find((path) => path.includes('/credentials/new')) ?? ''}`);
    await page.getByText('More settings').click();
    await page.getByRole('button', { name: 'Create' }).click();
    const secret = (await page.locator('main').innerText()).match(/cbs_[\w-]+/)?.[0] ?? '';
    await page.getByRole('link', { name: 'I have copied it' }).click();
    await goBack(page);
    const shown = await page.content();
    return [
      ...(secret === '' ? ['no secret was shown'] : []),
      ...(secret !== '' && shown.includes(secret) ? ['going back shows it again'] : []),
    ];
  });
  await flow(`an account is made, changed and deleted${how}`, async () => {
    await page.goto(`${origin}/console/accounts/new`);
    await page.getByLabel('Name').fill('By hand');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('link', { name: 'Change' }).click();
    await page.getByLabel('Name').fill('By hand, again');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'By hand, again' }).waitFor();
    await page.getByRole('link', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'Service accounts' }).waitFor();
    return [];
  });
  await page.close();
  page = await context.newPage();
  await flow(`the keyboard reaches the content first${how}`, async () => {
    await page.goto(`${origin}/console/trust`);
    await page.keyboard.press('Tab');
    const text = await page.locator(':focus').innerText();
    return text.includes('Skip') ? [] : [`the first stop is ${text}`];
  });
  await flow(`after signing out, no page is shown, not even by going back${how}`, async () => {
    await page.goto(`${origin}/console/accounts`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Sign in to the console').waitFor();
    await goBack(page);
    return (await page.content()).includes('Shop deployer') ? ['the page came back'] : [];
  });
  await context.close();
}

/** The pictures of the README and docs/console.md. */
async function takePictures(browser: Browser, origin: string, data: DemoData): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const [name, path, colorScheme] of [
    ['console-overview', '', 'light'],
    ['console-trust-report', '/trust/report', 'dark'],
    ['console-refusal', data.refusal, 'light'],
  ] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1120, height: 720 } });
    const page = await signIn(context, origin);
    await page.goto(`${origin}/console${path}`);
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await context.close();
  }
}

const executablePath = findChromium();
if (executablePath === null) {
  console.log('left out console: there is no Chromium (install the package chromium, or name one in CHROMIUM)');
} else {
  const work = mkdtempSync(join(tmpdir(), 'cambist-console-'));
  const github = await startGithubIssuer();
  const deployment = await startDeployment(ADMIN_TOKEN, join(work, 'state'));
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  try {
    const origin = deployment.url;
    const data = await makeDemoData(origin, ADMIN_TOKEN, github);
    if (process.argv.includes('--screenshots')) await takePictures(browser, origin, data);
    else {
      for (const colorScheme of ['light', 'dark'] as const)
        await lookAtAll(browser, origin, data.pages, colorScheme, ADMIN_TOKEN);
      await lookAtAll(browser, origin, [], 'light', data.readerToken);
      for (const javaScriptEnabled of [true, false]) await goThrough(browser, origin, data, javaScriptEnabled);
    }
  } finally {
    await browser.close();
    await deployment.stop();
    await github.stop();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
  process.exitCode = failures === 0 ? 0 : 1;
}
