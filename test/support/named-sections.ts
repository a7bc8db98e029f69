// Reads a document whose `## group` holds `### fault` headings with bullets like `- **Callers see:** …`; judges nothing.

/** One `###` section: its group, its heading, and the text of each of its named bullets. */
export interface NamedSection {
  readonly group: string;
  readonly heading: string;
  readonly lead: string;
  readonly parts: ReadonlyMap<string, string>;
}

/** The `###` sections of a document in their order; a group without any has none. */
export function namedSections(markdown: string): NamedSection[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .flatMap((groupText) => {
      const [group = '', ...sections] = groupText.split(/^### /m);
      return sections.map((section) => readSection(group.split('\n')[0] ?? '', section));
    });
}

function readSection(group: string, section: string): NamedSection {
  const [heading = '', ...lines] = section.split('\n');
  const [lead = '', ...bullets] = lines.join('\n').split(/^- \*\*/m);
  const parts = bullets.map((bullet): [string, string] => {
    const end = bullet.indexOf(':**');
    return end === -1 ? [bullet, ''] : [bullet.slice(0, end), bullet.slice(end + 3).trim()];
  });
  return { group, heading, lead: lead.trim(), parts: new Map(parts) };
}
