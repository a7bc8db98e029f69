// Charts, drawn here as SVG without a script; the same numbers stand in a table beneath, for whoever cannot see them.

import type { Child } from 'hono/jsx';
import { Table } from './table.tsx';

/** One step of time. */
export interface ChartStep {
  /** As it is read aloud and in the table. */
  readonly label: string;
  readonly granted: number;
  readonly refused: number;
  /** There were more than were counted. */
  readonly isMore: boolean;
}

/** The parts of a step's width that are empty, and the height of the drawing; the browser stretches both. */
const GAP = 0.18;
const HEIGHT = 100;

/** Grants and refusals over time, a bar for each step: what was granted below, what was refused on top. */
export function ActivityChart({
  title,
  steps,
}: {
  readonly title: string;
  readonly steps: readonly ChartStep[];
}): Child {
  const most = Math.max(1, ...steps.map(({ granted, refused }) => granted + refused));
  const height = (count: number): number => Math.round((count / most) * HEIGHT * 100) / 100;
  return (
    <figure class="stack">
      <div class="scale" aria-hidden="true">
        <span>{most.toLocaleString('en')}</span>
        <span class="key">
          <span>
            <i class="grant" />
            granted
          </span>
          <span>
            <i class="refusal" />
            refused
          </span>
        </span>
      </div>
      <svg
        class="chart"
        viewBox={`0 0 ${steps.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={title}
      >
        {steps.map(({ label, granted, refused }, at) => {
          const [below, above] = [height(granted), height(refused)];
          const shared = { x: at + GAP / 2, width: 1 - GAP };
          return (
            <g>
              <title>{`${label}: ${granted} granted, ${refused} refused`}</title>
              <rect class="grant" {...shared} y={HEIGHT - below} height={below} />
              <rect class="refusal" {...shared} y={HEIGHT - below - above} height={above} />
            </g>
          );
        })}
      </svg>
      <div class="scale" aria-hidden="true">
        <span>{steps[0]?.label}</span>
        <span>{steps.at(-1)?.label}</span>
      </div>
      <details>
        <summary>The numbers</summary>
        <Table
          caption={title}
          columns={[
            { heading: 'From (UTC)' },
            { heading: 'Granted', isNumber: true },
            { heading: 'Refused', isNumber: true },
          ]}
          rows={steps.map(({ label, granted, refused, isMore }) => [
            label,
            `${granted}${isMore ? ' or more' : ''}`,
            `${refused}${isMore ? ' or more' : ''}`,
          ])}
          empty="No step of time."
        />
      </details>
    </figure>
  );
}

/** Names with a number each, the largest first, as bars that a screen reader reads as text. */
export function Bars({ of }: { readonly of: readonly { readonly name: Child; readonly total: number }[] }): Child {
  const most = Math.max(1, ...of.map(({ total }) => total));
  return (
    <div class="bars">
      {of.map(({ name, total }) => (
        <>
          <span>{name}</span>
          <svg class="bar-line" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect width={Math.max(1, (total / most) * 100)} height="1" />
          </svg>
          <span class="number">{total.toLocaleString('en')}</span>
        </>
      ))}
    </div>
  );
}
