// The id under which `npm start` keeps its database in STATE_DIR; wrangler.toml names none.

export const LOCAL_DATABASE = '00000000-0000-0000-0000-000000000000';
