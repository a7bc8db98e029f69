// A Worker that answers 404, for tests that need only the bindings.
const worker: ExportedHandler = { fetch: () => new Response(null, { status: 404 }) };
export default worker;
