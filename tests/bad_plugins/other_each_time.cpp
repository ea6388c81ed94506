// Its tables lie elsewhere at every call.
#include "tables.hpp"

BAD_ENTRY { return new lmh_plugin(good_tables("other_each_time")); }
