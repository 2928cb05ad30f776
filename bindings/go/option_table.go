package network

import "pepperpy.ai/network/internal/cabi"

// An OptionInfo is one row of the option table.
type OptionInfo struct {
	Name        string
	Type        string // "integer", "number", "boolean" or "text"
	Unit        string // "ms", "bytes", "s" or ""
	Default     string // as text
	Range       string // such as "0..86400000" or "wait, fail_fast"; "" for none
	Environment string // name of the variable; "" when it has none
	Help        string // one line
	PerRequest  bool   // whether Request.Option takes it
	Secret      bool   // whether it is shown as "***"
}

// Options is the option table of the library that runs.
func Options() []OptionInfo {
	rows := make([]OptionInfo, cabi.Ppn_option_count())
	for at := range rows {
		i := int64(at)
		rows[at] = OptionInfo{
			Name: cabi.Ppn_option_name(i), Type: cabi.Ppn_option_type(i), Unit: cabi.Ppn_option_unit(i),
			Default: cabi.Ppn_option_default(i), Range: cabi.Ppn_option_range(i),
			Environment: cabi.Ppn_option_environment(i), Help: cabi.Ppn_option_help(i),
			PerRequest: cabi.Ppn_option_is_per_request(i) != 0, Secret: cabi.Ppn_option_is_secret(i) != 0,
		}
	}
	return rows
}
