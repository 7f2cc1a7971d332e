/// The version of Parley: of the programs, the manual pages (etc/scripts/version) and the packages
/// (etc/scripts/deb compares it with debian/changelog).
public enum ProductVersion {
    public static let text = "0.1.0"
}
