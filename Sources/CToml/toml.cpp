#include "parley_toml.h"
