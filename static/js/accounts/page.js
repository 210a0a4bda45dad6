// What every page of accounts does beyond plain HTML. Each page works without it; nothing here talks to the server.

import { askBefore } from "./confirm.js";
import { offerCopy } from "./copy.js";
import { sendOnce } from "./once.js";
import { offerReveal } from "./reveal.js";
import { showLocalTimes } from "./times.js";

askBefore(document);
offerCopy(document);
offerReveal(document);
showLocalTimes(document);
sendOnce(document); // after `askBefore`: what was only asked about has not been sent
