// Puts a test between the store and D1: every round trip, be it a batch or a single statement, passes through its hands.

/** One round trip that is about to reach the database. */
export interface D1Trip {
  readonly sql: readonly string[];
  readonly carryOut: () => Promise<D1Result[]>;
}

/** What becomes of a round trip. */
export type CarryTrip = (trip: D1Trip) => Promise<D1Result[]>;

/** The database with `carry` in between; calls that the store does not make go through unseen. */
export function onEachTrip(db: D1Database, carry: CarryTrip): D1Database {
  const known = new WeakMap<D1PreparedStatement, { readonly sql: string; readonly statement: D1PreparedStatement }>();
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const wrapped = replacing(statement, {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      all: async () => (await carry({ sql: [sql], carryOut: async () => [await statement.all()] }))[0],
    });
    known.set(wrapped, { sql, statement });
    return wrapped;
  };
  return replacing(db, {
    prepare: (sql: string) => wrap(db.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      const sent = statements.map((statement) => known.get(statement) ?? { sql: '', statement });
      return carry({
        sql: sent.map(({ sql }) => sql),
        carryOut: async () => db.batch(sent.map(({ statement }) => statement)),
      });
    },
  });
}

/** The same object with some methods replaced; the others keep their receiver, as bindings demand. */
export function replacing<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
