// The page that shows a secret once lets it be copied.

import { offerCopy } from "../accounts/copy.js";

offerCopy(document);
