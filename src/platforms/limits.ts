// Every number of the platforms' own ways, with its unit and its reason.

/** Seconds of an EC2 metadata session; it is used at once. */
export const EC2_SESSION_SECONDS: number = 60;
/** Seconds that a cluster may take to answer kubectl. */
export const KUBECTL_REQUEST_SECONDS: number = 5;
