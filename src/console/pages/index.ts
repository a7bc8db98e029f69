// Every page of the console: to add one, write a file beside this one and a line here. Navigation and routes follow from it.

import type { ConsolePage } from '../page.ts';
import { activityPage } from './activity.tsx';
import { eventPage } from './event.tsx';
import { overviewPage } from './overview.tsx';

/** In the order of the navigation. */
export const consolePages: readonly ConsolePage[] = [overviewPage, activityPage, eventPage];
